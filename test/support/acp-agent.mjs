// A small agent that speaks the Agent Client Protocol. Its argument says how it behaves.
import {spawn} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Readable, Writable} from 'node:stream';
import {agent, methods, ndJsonStream, PROTOCOL_VERSION} from '@agentclientprotocol/sdk';

const [, , behaviour] = process.argv;
const readme =
  '# A project\n\nA small program that was described by another agent.\n\n## Use\n\nRead it, then run it, and see what it does. Every part says what it is for.\n';
let cwd = '';
let prompts = 0;

if (behaviour === 'crash') {
  console.error('no licence found');
  process.exit(7);
}

const ask = (client, sessionId, kind, title, file) =>
  client.request(methods.client.session.requestPermission, {
    sessionId,
    toolCall: {toolCallId: title, kind, title, ...(file === undefined ? {} : {locations: [{path: file}]})},
    options: [
      {optionId: 'yes', name: 'Yes', kind: 'allow_once'},
      {optionId: 'no', name: 'No', kind: 'reject_once'},
    ],
  });

const may = async (...args) => (await ask(...args)).outcome.optionId === 'yes';
const attempt = action => {
  try {
    return String(action());
  } catch (error) {
    return `failed: ${error.code}`;
  }
};

async function work(client, sessionId) {
  const say = text =>
    client.notify(methods.client.session.update, {
      sessionId,
      update: {sessionUpdate: 'agent_message_chunk', content: {type: 'text', text}},
    });
  const target = path.join(cwd, 'README.md');
  prompts += 1;
  switch (behaviour) {
    case 'good':
      await client.request(methods.client.fs.readTextFile, {sessionId, path: path.join(cwd, 'main.py')});
      if (await may(client, sessionId, 'edit', 'Write README.md', target)) writeFileSync(target, readme);
      await say('Wrote the README.');
      return 'end_turn';
    case 'priced':
      await client.request(methods.client.fs.writeTextFile, {sessionId, path: target, content: readme});
      await client.notify(methods.client.session.update, {
        sessionId,
        update: {sessionUpdate: 'usage_update', used: 100, size: 1000, cost: {amount: 0.25, currency: 'USD'}},
      });
      return 'end_turn';
    case 'bills':
      for (const said of process.argv.slice(3)) {
        const [amount, currency] = said.split(' ');
        await client.notify(methods.client.session.update, {
          sessionId,
          update: {sessionUpdate: 'usage_update', used: 1, size: 10, cost: {amount: Number(amount), currency}},
        });
      }
      writeFileSync(target, readme);
      return 'end_turn';
    case 'content':
      await say('I looked at everything.\n**NOTHING TO CHANGE:** all of it is there.');
      return 'end_turn';
    case 'files': {
      const results = {};
      for (const file of process.argv.slice(3)) {
        const at = path.resolve(cwd, file);
        const answer = promise => promise.then(() => 'done').catch(error => error.message);
        results[file] = [
          await answer(client.request(methods.client.fs.readTextFile, {sessionId, path: at})),
          await answer(client.request(methods.client.fs.writeTextFile, {sessionId, path: at, content: 'owned\n'})),
        ];
      }
      await say(JSON.stringify(results));
      return 'end_turn';
    }
    case 'late':
      if (prompts === 2) writeFileSync(target, readme);
      await say('Done.');
      return 'end_turn';
    case 'liar':
      await say('I wrote everything.');
      return 'end_turn';
    case 'hang':
      spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'}).unref();
      await new Promise(() => {});
      break;
    case 'refuse':
      return 'refusal';
    case 'thief': {
      const results = {
        execute: await may(client, sessionId, 'execute', 'env'),
        fetch: await may(client, sessionId, 'fetch', 'http://evil'),
        outside: await may(client, sessionId, 'edit', 'Write elsewhere', '/etc/owned'),
        other: await may(client, sessionId, 'other', 'Something'),
        up: await may(client, sessionId, 'read', 'Read', path.join(cwd, '../../secret')),
        readOutside: await client.request(methods.client.fs.readTextFile, {sessionId, path: '/etc/passwd'}).then(
          () => 'read',
          () => 'refused',
        ),
        writeLink: await client
          .request(methods.client.fs.writeTextFile, {sessionId, path: path.join(cwd, '.git/hooks/x'), content: 'x'})
          .then(
            () => 'written',
            () => 'refused',
          ),
        home: process.env.HOME,
        variables: Object.keys(process.env).sort(),
        token: process.env.AGENT_TOKEN,
        writeBeside: attempt(() => writeFileSync(path.join(cwd, '../beside'), 'x')),
        parent: attempt(() => readFileSync(`/proc/${process.ppid}/environ`, 'utf8').includes('CANARY')),
        sees: existsSync('/proc/1/cmdline') ? attempt(() => readFileSync('/proc/1/cmdline', 'utf8').slice(0, 200)) : '',
      };
      await client.request(methods.client.fs.writeTextFile, {
        sessionId,
        path: path.join(cwd, 'report.json'),
        content: JSON.stringify(results),
      });
      return 'end_turn';
    }
    default:
      throw new Error(`no such behaviour: ${behaviour}`);
  }
}

agent({name: 'small'})
  .onRequest(methods.agent.initialize, () => ({protocolVersion: PROTOCOL_VERSION, agentCapabilities: {}}))
  .onRequest(methods.agent.session.new, ({params}) => {
    cwd = params.cwd;
    return {sessionId: 's1'};
  })
  .onRequest(methods.agent.session.prompt, async ({params, client}) => ({
    stopReason: await work(client, params.sessionId),
  }))
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
