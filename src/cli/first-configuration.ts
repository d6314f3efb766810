/** What `init` writes. */
export interface FirstConfiguration {
  /** `path` as it is written: `~` for the home directory. */
  readonly repos: readonly {readonly name: string; readonly path: string}[];
  readonly skills: readonly string[];
  readonly model?: string;
  readonly budgetUsd?: number;
  /** Where the schemas are, relative to the written files; absent where they lie elsewhere on this machine. */
  readonly schemaFolder?: string;
}

/** Text of config/repos.json. */
export function renderFleetFile({repos, schemaFolder}: FirstConfiguration): string {
  const entries = repos.map(({name, path}) => `    {"name": ${json(name)}, "path": ${json(path)}, "tags": []}`);
  return `{
  // Your fleet. Give tags to choose repos by, set "active": false to leave one out for now,
  // or "url" and "branch" where they differ. All keys: orchestrator schema repos
${schemaLine('repos', schemaFolder)}
  "repositories": [
${entries.join(',\n')}
  ],

  // Names for subsets, for example  "production": [${repos
    .slice(0, 2)
    .map(({name}) => json(name))
    .join(', ')}]
  "groups": {}
}
`;
}

/** Text of config/tasks.json. */
export function renderTaskFile({skills, model, budgetUsd, schemaFolder}: FirstConfiguration): string {
  const tasks = skills.map(skill => `    {"name": ${json(skill)}, "skill": ${json(skill)}, "group": "all"}`);
  const modelLine =
    model === undefined
      ? '    // "model": "anthropic/…",        // default: that of the first provider whose key is set; see: orchestrator list models'
      : `    "model": ${json(model)},`;
  const budgetLine =
    budgetUsd === undefined
      ? '    // "budget_usd": 5,              // the most that one run may cost'
      : `    "budget_usd": ${budgetUsd}, // the most that one run may cost`;
  return `{
  // What runs at night: each task is one skill over a choice of repos. All keys: orchestrator schema tasks
${schemaLine('tasks', schemaFolder)}
  "tasks": [
${tasks.join(',\n')}
  ],

  // What stands here wins over the command line.
  "settings": {
${modelLine}
${budgetLine}
    "fleet": "repos.json",
    "max_workers": 5 // jobs at once
  }
}
`;
}

/** The path of an installed package would be wrong on every other machine. */
function schemaLine(name: string, folder: string | undefined): string {
  return folder === undefined
    ? `  // For editors: orchestrator schema ${name} > config/${name}.schema.json, then  "$schema": "./${name}.schema.json",`
    : `  "$schema": ${json(`${folder}/${name}.schema.json`)},`;
}

function json(value: string): string {
  return JSON.stringify(value);
}
