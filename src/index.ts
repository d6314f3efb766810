/** The public API: what the command line is made of, for programs that want to run a fleet themselves. */

export {ConfigurationError, OrchestratorError} from './domain/errors.ts';
export type {Reporter, RunEvent, RunSummary} from './domain/event.ts';
export type {DeliveryKind, Job} from './domain/job.ts';
export {type Failure, type FailureReason, failureReasons, type Outcome} from './domain/outcome.ts';
export type {Problem} from './domain/problem.ts';
export type {Fleet, Repo} from './domain/repo.ts';
export type {JobDetail, JobRecord, RunRecord} from './domain/run.ts';
export type {Mode, Skill} from './domain/skill.ts';
export type {Cost, Usage} from './domain/usage.ts';
export type {Ledger} from './ledger/ledger.ts';
export {type ExecuteRunOptions, executeRun} from './orchestrator/execute-run.ts';
export {openLedger} from './orchestrator/open-ledger.ts';
export {openModels} from './orchestrator/open-models.ts';
export {toResultRow} from './report/result-row.ts';
export {
  loadRunConfiguration,
  type RunConfiguration,
  type RunConfigurationSources,
} from './run/load-run-configuration.ts';
export {isInShard, planRun} from './run/plan-run.ts';
