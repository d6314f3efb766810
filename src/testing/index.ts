export {FakeClock} from './fake-clock.ts';
export {
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedModelServer,
  startScriptedModelServer,
} from './scripted-model-server.ts';
export {
  type Files,
  makeRepo,
  makeTemporaryDirectory,
  type RepoCommit,
  type RepoOptions,
  type TemporaryDirectory,
  type TemporaryRepo,
} from './temporary-fleet.ts';
