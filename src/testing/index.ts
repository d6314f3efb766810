export {FakeClock} from './fake-clock.ts';
export {
  type ForgeFault,
  type MemoryForge,
  type MemoryForgeOptions,
  startMemoryForge,
} from './memory-forge.ts';
export type {ForgeAnswer, ForgeRequest} from './memory-forge-http.ts';
export type {ForgeStore, MemoryPull, MemoryRepo, MemoryRepoOptions} from './memory-forge-store.ts';
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
