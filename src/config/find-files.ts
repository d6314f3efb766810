import {existsSync} from 'node:fs';
import path from 'node:path';

export interface FilePlaces {
  readonly cwd: string;
  /** State directory: `ORCHESTRATOR_HOME`, else `~/.orchestrator`. */
  readonly orchestratorHome: string;
}

type IsUsable = (file: string) => boolean;

/** `config/repos.json`, else `repos.json` in the state directory; absolute; undefined when neither exists or is usable. */
export function findFleetFile(places: FilePlaces, isUsable?: IsUsable): string | undefined {
  return firstExisting('repos.json', places, isUsable);
}

/** `config/models.json`, else `models.json` in the state directory; absolute; undefined when neither exists or is usable. */
export function findModelsFile(places: FilePlaces, isUsable?: IsUsable): string | undefined {
  return firstExisting('models.json', places, isUsable);
}

function firstExisting(
  name: string,
  {cwd, orchestratorHome}: FilePlaces,
  isUsable: IsUsable = () => true,
): string | undefined {
  return [path.join(cwd, 'config', name), path.join(orchestratorHome, name)].find(
    file => existsSync(file) && isUsable(file),
  );
}
