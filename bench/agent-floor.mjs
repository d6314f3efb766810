// The least that an agent can do: ask, write or run what was asked for, answer. No record, no sandbox, no check, no diff.
import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';

const run = promisify(execFile);
const [directory, url] = process.argv.slice(2);
const messages = [{role: 'user', content: 'Do it.'}];
for (let done = false; !done; ) {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: {'content-type': 'application/json', 'x-api-key': 'test', 'anthropic-version': '2023-06-01'},
    body: JSON.stringify({model: 'claude-sonnet-5-5', max_tokens: 1000, system: 'Work.', messages}),
  });
  const {content} = await response.json();
  messages.push({role: 'assistant', content});
  const results = [];
  for (const {type, id, name, input} of content) {
    if (type !== 'tool_use') continue;
    if (name === 'write_file') await writeFile(path.join(directory, input.path), input.content);
    if (name === 'run_command') await run('/bin/sh', ['-c', input.command], {cwd: directory});
    if (name === 'finish') done = true;
    results.push({type: 'tool_result', tool_use_id: id, content: 'ok'});
  }
  messages.push({role: 'user', content: results});
}
