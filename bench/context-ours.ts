import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {buildContext} from '../src/context/build-context.ts';
import {renderContext} from '../src/context/render-context.ts';
import {mapConcurrently} from '../src/util/map-concurrently.ts';
import {openObjectStore} from '../src/workspace/object-store.ts';

/** Packs every repo named as an argument: what a dry run does, and rendering. */
const repos = process.argv.slice(2);
const state = mkdtempSync(path.join(tmpdir(), 'orchestrator-bench-'));
let tokens = 0;
let files = 0;
let heldBack = 0;
{
  await using store = await openObjectStore({directory: state});
  store.plan(repos);
  await mapConcurrently(repos, 8, async repo => {
    using reader = await store.open(repo);
    const {context} = await buildContext({
      reader,
      repo: {name: path.basename(repo)},
      skill: {contextGlobs: []},
      maxTokens: 60_000,
    });
    tokens += context.tokens;
    files += context.files.length;
    heldBack += context.leftOut.filter(item => item.reason === 'secret').length;
    renderContext(context);
  });
}
rmSync(state, {recursive: true});
console.log(JSON.stringify({tokens, files, heldBack}));
