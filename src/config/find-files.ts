import {existsSync} from 'node:fs';
import path from 'node:path';

export interface FilePlaces {
  readonly cwd: string;
  /** State directory: `ORCHESTRATOR_HOME`, else `~/.orchestrator`. */
  readonly orchestratorHome: string;
}

/** `config/repos.json`, else `repos.json` in the state directory; absolute; undefined when neither exists. */
export function findFleetFile(places: FilePlaces): string | undefined {
  return firstExisting('repos.json', places);
}

/** `config/models.json`, else `models.json` in the state directory; absolute; undefined when neither exists. */
export function findModelsFile(places: FilePlaces): string | undefined {
  return firstExisting('models.json', places);
}

function firstExisting(name: string, {cwd, orchestratorHome}: FilePlaces): string | undefined {
  return [path.join(cwd, 'config', name), path.join(orchestratorHome, name)].find(file => existsSync(file));
}
