import {existsSync} from 'node:fs';
import {readdir, rm} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import {expect} from 'vitest';
import {startScriptedModelServer} from '../../src/testing/scripted-model-server.ts';
import {mutate, mutation} from './mutate-configuration.ts';
import {anthropicAt, invitePerson} from './person.ts';

const tasks = `{
  // The night
  "description": "Night",
  "tasks": [
    {"name": "READMEs", "skill": "readme-generator", "group": "all", "exclude": ["old-*"], "budget_usd": 2},
    {"name": "Journal", "skill": "journal", "repos": ["~/code/*", "/nowhere/api"], "enabled": true, "timeout_s": 60},
    {"name": "Two", "skill": "repo-summarizer", "repo_names": ["api", "web"], "model": "anthropic/claude-sonnet-5-5"},
    {"name": "Tagged", "skill": "code-reviewer", "select": "python and not legacy", "deliver": "files"},
  ],
  "settings": {
    "parallel": true, "max_workers": 5, "simple_mode": true, "deadline": "06:00", "budget_usd": 20,
    "model": "offline", "force": false, "verify": [], "notify": [], "exclude": [], "grace_s": 60,
  },
}
`;
const fleet = `{
  "repositories": [
    {"name": "api", "path": "/nowhere/api", "url": "https://x.test/api.git", "tags": ["python"]},
    {"name": "web", "path": "/nowhere/web", "github": null, "tags": ["legacy", "python"], "active": true},
    {"name": "lib", "path": "/nowhere/lib", "tags": ["python"]}
  ],
  "groups": {"production": ["api", "web"]},
  "sources": []
}
`;
const models = `{
  "providers": {"local": {"base_url": "http://127.0.0.1:9/v1", "headers": {"x-team": "night"}}},
  "prices": {"local/*": {"input": 1, "output": 2.5}},
  "default": "offline"
}
`;
const files = {'config/night.json': tasks, 'config/repos.json': fleet, 'config/models.json': models};

/** Runs the command line on so many configurations with a few faults each. Nothing may run that was refused; nothing may crash. */
export async function runMutatedConfigurations(runs: number): Promise<{refused: number; ran: number}> {
  await using server = await startScriptedModelServer();
  await using person = await invitePerson(anthropicAt(server.url));
  let refused = 0;
  let ran = 0;
  const names = fc.constantFrom(...(Object.keys(files) as (keyof typeof files)[]));
  const changes = fc.array(mutation, {minLength: 1, maxLength: 3});
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({weight: 3, arbitrary: fc.constant('config/night.json' as const)}, names),
      changes,
      async (file, mutations) => {
        for (const [name, text] of Object.entries(files)) await person.write(name, text);
        const mutated = mutations.reduce(mutate, files[file]);
        await person.write(file, mutated);
        const {exitCode, stdout, stderr} = await person.call(['--config', 'config/night.json']);
        expect(stdout + stderr).not.toMatch(/error of its own|\n\s+at |\[object |undefined/);
        if (exitCode === 2) {
          refused += 1;
          expect(stdout).toBe('');
          for (const line of stderr.trimEnd().split('\n')) {
            // A price that is missing is known only when everything else holds.
            expect(line).toMatch(
              /^config\/(?:night|repos|models)\.json:\d+:\d+ \S|^orchestrator: a budget is set and there is no price/,
            );
          }
          expect(existsSync(person.state)).toBe(false);
          expect(await readdir(person.home)).toEqual([]);
          expect((await readdir(person.work)).sort()).toEqual(['config']);
        } else {
          ran += 1;
          // No repo of the fleet exists, so every job says so.
          expect(exitCode).toBe(1);
          expect(stdout).toContain('Path does not exist');
          await Promise.all(
            (await readdir(person.home)).map(name => rm(path.join(person.home, name), {recursive: true})),
          );
        }
      },
    ),
    {numRuns: runs, seed: 20_251_201},
  );
  expect(server.requestCount).toBe(0);
  return {refused, ran};
}
