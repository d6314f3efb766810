import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chownSync, existsSync, mkdirSync, readFileSync} from 'node:fs';
import {createServer, type RequestListener} from 'node:http';
import {createServer as createHttpsServer} from 'node:https';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {setTimeout} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {describe, expect, it} from 'vitest';
import {portOf} from '../../test/support/proxy-rig.ts';
import {noSandbox, openSandboxRig, sandboxNeed} from '../../test/support/sandbox-rig.ts';
import {makeSelfSigned} from '../../test/support/self-signed.ts';
import {defaultSandboxSettings} from '../domain/sandbox.ts';
import {makeTemporaryDirectory} from '../testing/temporary-fleet.ts';
import {openSandbox} from './open-sandbox.ts';
import {brokenThrough, type ProbeReport, probeSandbox} from './probe-sandbox.ts';

const isRoot = process.geteuid?.() === 0;
const lacksCurl = !existsSync('/usr/bin/curl');

interface Served extends AsyncDisposable {
  readonly port: number;
  readonly visits: string[];
}

async function serve(
  answer: RequestListener,
  secure?: {key: string; cert: string},
  port = 0,
  host = '127.0.0.1',
): Promise<Served> {
  const visits: string[] = [];
  const listener: RequestListener = (request, response) => {
    visits.push(`${request.method} ${request.url}`);
    answer(request, response);
  };
  const server = secure === undefined ? createServer(listener) : createHttpsServer(secure, listener);
  server.listen(port, host);
  await once(server, 'listening');
  return {
    port: portOf(server),
    visits,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const hello: RequestListener = (request, response) => void response.end(`hello ${request.url}\n`);

/** Proxies of any sandbox that an orchestrator with this number has started. */
function proxiesOf(pid: number): string[] {
  const {stdout} = spawnSync('ps', ['-o', 'pid=,args=', '--ppid', String(pid)], {encoding: 'utf8'});
  return stdout.split('\n').filter(line => line.includes('proxy-process'));
}

describe.skipIf(noSandbox || lacksCurl)(`commands in a sandbox with named hosts${sandboxNeed}`, () => {
  it('reach these hosts through the proxy, and nothing else', async () => {
    await using named = await serve(hello);
    await using other = await serve(hello);
    await using rig = await openSandboxRig({network: [`127.0.0.1:${named.port}`]});
    const {output, network} = await rig.run(
      `curl -sSp http://127.0.0.1:${named.port}/a; curl -sSp http://127.0.0.1:${other.port}/b 2>&1
       curl -sS --noproxy '*' -m 2 http://127.0.0.1:${named.port}/c 2>&1; curl -sS https://evil.example/ 2>&1; true`,
    );
    expect(output).toContain('hello /a\n');
    expect(output).toContain('CONNECT tunnel failed, response 403');
    expect(output).toMatch(/Failed to connect|Couldn't connect/);
    expect(named.visits).toEqual(['GET /a']);
    expect(other.visits).toEqual([]);
    expect(network).toEqual({
      uses: [
        {
          ...{host: `127.0.0.1:${named.port}`, times: 1},
          ...{sentBytes: expect.any(Number), receivedBytes: expect.any(Number)},
        },
        expect.objectContaining({
          host: `127.0.0.1:${other.port}`,
          refused: 'another port than "sandbox.network" names',
        }),
        expect.objectContaining({host: 'evil.example:443', times: 1, refused: 'not in "sandbox.network"'}),
      ],
      more: 0,
    });
  });

  it('without named hosts have neither a proxy nor a word of one', async () => {
    await using rig = await openSandboxRig();
    const {output, network} = await rig.run(
      'env | grep -i prox; cat /proc/net/tcp | wc -l; cat /proc/net/unix | wc -l',
    );
    expect(output).toBe('1\n1\n');
    expect(network).toBeUndefined();
    expect(proxiesOf(process.pid)).toEqual([]);
  });

  it('use TLS with whom they ask for, and are told where it is somebody else', async () => {
    const certificate = makeSelfSigned('localhost');
    await using named = await serve(hello, certificate);
    await using rig = await openSandboxRig({network: [`localhost:${named.port}`, `127.0.0.1:${named.port}`]});
    const url = `https://localhost:${named.port}`;
    const {output} = await rig.run(
      `curl -sSk ${url}/curl; NODE_TLS_REJECT_UNAUTHORIZED=0 node -e 'fetch("${url}/node").then(async r => console.log(await r.text()))' 2>/dev/null
       curl -sSk --connect-to evil.example:443:localhost:${named.port} https://evil.example/x 2>&1`,
    );
    expect(output).toContain('hello /curl\nhello /node\n');
    expect(output).toMatch(/unrecognized name|alert/);
    expect(named.visits).toEqual(['GET /curl', 'GET /node']);
  });

  it('do not get to an address of this machine by its name alone', async () => {
    await using named = await serve(hello);
    await using rig = await openSandboxRig({network: [`localhost:${named.port}`]});
    const {output, network} = await rig.run(`curl -sSp http://localhost:${named.port}/ 2>&1`);
    expect(output).toContain('response 403');
    expect(named.visits).toEqual([]);
    expect(network?.uses).toMatchObject([{refused: expect.stringMatching(/^its address \S+ is loopback$/)}]);
  });

  it.skipIf(!isRoot)('use npm, node and curl over plain HTTP where port 80 is named', async () => {
    const packageOf = (name: string) => ({
      ...{name, 'dist-tags': {latest: '1.2.3'}},
      versions: {'1.2.3': {name, version: '1.2.3', dist: {tarball: 'http://127.0.0.80/x.tgz', shasum: '0'.repeat(40)}}},
    });
    await using _registry = await serve(
      (request, response) => void response.end(JSON.stringify(packageOf((request.url ?? '').slice(1)))),
      undefined,
      80,
      '127.0.0.80',
    );
    await using rig = await openSandboxRig({network: ['127.0.0.80:80']});
    const {output} = await rig.run(
      `npm view --registry http://127.0.0.80/ some-package version
       node -e 'fetch("http://127.0.0.80/fetched").then(async r => console.log((await r.json()).name))'
       node -e 'require("http").get("http://127.0.0.80/got", async r => console.log(JSON.parse((await r.toArray()).join("")).name))'
       curl -sS http://127.0.0.80/curled | cut -c1-16`,
    );
    expect(output).toBe('1.2.3\nfetched\ngot\n{"name":"curled"\n');
  });

  it('use npm, pip and git over TLS', async () => {
    await using registry = await serve((request, response) => {
      const url = request.url ?? '';
      response.setHeader('Content-Type', url.startsWith('/simple/') ? 'text/html' : 'text/plain');
      if (url.startsWith('/simple/tiny/'))
        response.end('<a href="tiny-4.5.6-py3-none-any.whl">tiny-4.5.6-py3-none-any.whl</a>');
      else if (url.startsWith('/code.git/info/refs')) response.end(`${'a'.repeat(40)}\trefs/heads/main\n`);
      else if (url === '/tiny')
        response.end(
          JSON.stringify({name: 'tiny', 'dist-tags': {latest: '1.2.3'}, versions: {'1.2.3': {version: '1.2.3'}}}),
        );
      else response.writeHead(404).end();
    }, makeSelfSigned('localhost'));
    await using rig = await openSandboxRig({network: [`localhost:${registry.port}`, `127.0.0.1:${registry.port}`]});
    const url = `https://localhost:${registry.port}`;
    const hasPip = existsSync('/usr/lib/python3/dist-packages/pip');
    const pip = `/usr/bin/python3 -m pip index versions tiny --index-url ${url}/simple --trusted-host localhost:${registry.port} 2>&1`;
    const {output, network} = await rig.run(
      `npm view --registry ${url}/ --strict-ssl=false tiny version 2>/dev/null
       git -c http.sslVerify=false ls-remote ${url}/code.git
       ${hasPip ? pip : ''}`,
    );
    expect(output).toContain('1.2.3\n');
    expect(output).toContain(`${'a'.repeat(40)}\trefs/heads/main\n`);
    if (hasPip) expect(output).toContain('tiny (4.5.6)');
    expect(network?.uses.filter(({refused}) => refused === undefined).map(({host}) => host)).toEqual([
      `localhost:${registry.port}`,
    ]);
  });

  it('reach what they serve themselves, without the proxy', async () => {
    await using rig = await openSandboxRig({network: ['registry.example']});
    const {output} = await rig.run(
      `node -e 'const s = require("http").createServer((q, r) => r.end("own")).listen(8123, "127.0.0.1", async () => {
         for (const host of ["127.0.0.1", "localhost"]) console.log(await (await fetch("http://" + host + ":8123/")).text()); s.close(); process.exit() })'
       `,
    );
    expect(output).toBe('own\nown\n');
  });

  it('find one proxy each: that of another sandbox lets nothing of theirs through', async () => {
    await using first = await serve(hello);
    await using second = await serve(hello);
    await using one = await openSandboxRig({network: [`127.0.0.1:${first.port}`]});
    await using two = await openSandboxRig({network: [`127.0.0.1:${second.port}`]});
    const ask = `for p in ${first.port} ${second.port}; do curl -sSp http://127.0.0.1:$p/ 2>&1; done; sleep 0.5`;
    const [said, other] = await Promise.all([one.run(ask), two.run(ask)]);
    expect(said.output).toMatch(/^hello \/\n.*403\n$/);
    expect(other.output).toMatch(/^.*403\nhello \/\n$/);
  });

  it('have no file, socket or process of the proxy in their sandbox', async () => {
    await using rig = await openSandboxRig({network: ['registry.example']});
    const {output} = await rig.run(
      `ls /proc | grep -c '^[0-9]*$'; readlink /proc/$$/fd/* | grep -v /dev/null | grep -v /output; cat /proc/net/unix | wc -l; echo $NODE_CHANNEL_FD`,
    );
    expect(output.trim().split('\n')[0]).toMatch(/^[2-6]$/);
    expect(output).toMatch(/\n1\n\n$/);
  });

  it('are stopped, and their job fails, when the proxy ends under them', async () => {
    await using rig = await openSandboxRig({network: ['registry.example']});
    const running = rig.run('sleep 20');
    await expect.poll(() => proxiesOf(process.pid).length, {timeout: 5000}).toBe(1);
    // Until the command itself is there.
    await setTimeout(500);
    process.kill(Number(proxiesOf(process.pid)[0]!.trim().split(' ')[0]), 'SIGKILL');
    await expect(running).rejects.toThrow(/^the proxy of the sandbox does not work: it ended with SIGKILL$/);
  });

  it('are not started without a proxy', async () => {
    await using rig = await openSandboxRig({network: ['not/a/host']});
    await expect(rig.run('echo ran > ran')).rejects.toThrow(
      /^the proxy of the sandbox does not work: .*cannot be read/,
    );
    expect(existsSync(path.join(rig.workspace, 'ran'))).toBe(false);
    const opened = await openSandbox({...defaultSandboxSettings, network: ['not/a/host']});
    expect(opened.fault).toEqual({
      message: '"sandbox.network" names "not/a/host": expected a host without a path',
      fix: 'correct it, or leave it out',
    });
  });

  it('may have as little memory as any', async () => {
    await using named = await serve(hello);
    const limits = {...defaultSandboxSettings.limits, memoryBytes: 64 * 1024 ** 2};
    await using rig = await openSandboxRig({network: [`127.0.0.1:${named.port}`], limits});
    expect((await rig.run(`curl -sSp http://127.0.0.1:${named.port}/`)).output).toBe('hello /\n');
  });

  it('end at their limits as others do, and leave no proxy', async () => {
    await using rig = await openSandboxRig({network: ['registry.example']});
    expect((await rig.run('sleep 30', {timeoutMs: 1500})).end).toEqual({kind: 'limit', limit: 'time'});
    const stop = new AbortController();
    const running = rig.run('sleep 30', {signal: stop.signal});
    await setTimeout(800);
    stop.abort();
    expect((await running).end).toEqual({kind: 'aborted'});
    await expect.poll(() => proxiesOf(process.pid), {timeout: 3000}).toEqual([]);
  });

  it('that flood the proxy do nothing to us', async () => {
    await using rig = await openSandboxRig({network: ['registry.example']});
    const flood = `const {connect} = require('net'); let n = 0;
      const one = () => { const s = connect(3128, '127.0.0.1', () => s.write('CONNECT x' + n++ + '.example:443 HTTP/1.1\\r\\n\\r\\n'));
        s.on('error', () => {}); s.on('close', () => n < 2000 ? one() : process.exit()); s.resume(); };
      for (let i = 0; i < 400; i++) one();`;
    const {end, network} = await rig.run(`node -e "${flood}"`);
    expect(end).toEqual({kind: 'exited', exitCode: 0});
    expect(network!.uses.length).toBeLessThanOrEqual(20);
    expect(network!.more).toBeGreaterThan(1000);
  });

  it.each(isRoot ? ['root', 'an ordinary user'] : ['an ordinary user'])(
    'reach them, and are gone after kill -9, as %s',
    async who => {
      await using temporary = await makeTemporaryDirectory();
      const workspace = path.join(temporary.path, 'workspace');
      mkdirSync(workspace);
      const owner = who === 'root' ? defaultSandboxSettings.uid : 1000;
      if (isRoot) for (const folder of [temporary.path, workspace]) chownSync(folder, owner, owner);
      const as = isRoot && who !== 'root' ? ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'] : [];
      const script = fileURLToPath(new URL('../../test/support/network-here.ts', import.meta.url));
      const own = who === 'root' ? {} : {TMPDIR: temporary.path};
      const start = (...words: readonly string[]) => {
        const [program = '', ...args] = [...as, process.execPath, script, workspace, ...words];
        const env = {PATH: process.env['PATH'], HOME: temporary.path, ...own};
        return spawn(program, args, {env, cwd: temporary.path, stdio: ['ignore', 'pipe', 'inherit']});
      };
      const ask = 'curl -sSp http://127.0.0.1:PORT/a; curl -sSp https://evil.example/ 2>&1';
      const {output, network, port} = JSON.parse(await text(start(ask).stdout));
      expect(output).toMatch(/^hello \/a\n.*403\n$/);
      expect(network.uses).toMatchObject([{host: `127.0.0.1:${port}`, times: 1}, {host: 'evil.example:443'}]);
      const left = (): string[] =>
        execFileSync('ps', ['-eo', 'stat,args'], {encoding: 'utf8'})
          .split('\n')
          .filter(
            line => !line.startsWith('Z') && (line.includes(workspace) || line.includes(`sleep 7${process.pid}`)),
          );
      for (const delayMs of [200, 450, 1200]) {
        const child = start(`echo begun > begun; sleep 7${process.pid}`, 'forever');
        await once(child.stdout, 'data');
        await setTimeout(delayMs);
        const proxies = proxiesOf(child.pid!).map(line => line.trim().split(' ')[0]!);
        child.kill('SIGKILL');
        await once(child, 'exit');
        await expect.poll(left, {timeout: 3000}).toEqual([]);
        await expect.poll(() => proxies.filter(pid => existsSync(`/proc/${pid}`)), {timeout: 3000}).toEqual([]);
      }
      // Otherwise the command itself was never there to be killed.
      expect(readFileSync(path.join(workspace, 'begun'), 'utf8')).toBe('begun\n');
    },
  );

  it.each([
    ['a name', ['registry.example']],
    ['an address', ['127.0.0.1:4873', '*.example.org']],
    ['an address of IPv6', ['[::1]:4873']],
  ])('get through in none of the attacks, with %s', async (_, network) => {
    const opened = await openSandbox({...defaultSandboxSettings, network});
    expect(opened.fault).toBeUndefined();
    const {probe} = opened as Extract<typeof opened, {sandbox: object}>;
    expect(brokenThrough(probe!)).toEqual([]);
    expect(probe!.attacks.filter(({name}) => /prox/.test(name)).length).toBeGreaterThanOrEqual(20);
  });

  it.skipIf(!isRoot)('get through in none of the attacks of an ordinary user', async () => {
    await using temporary = await makeTemporaryDirectory();
    chownSync(temporary.path, 1000, 1000);
    const script = fileURLToPath(new URL('../../test/support/probe-here.ts', import.meta.url));
    const user = ['--reuid', '1000', '--regid', '1000', '--clear-groups', process.execPath, script, 'registry.example'];
    const env = {PATH: process.env['PATH'], HOME: temporary.path, TMPDIR: temporary.path};
    const said = execFileSync('setpriv', user, {env, cwd: temporary.path, encoding: 'utf8'});
    const report = JSON.parse(said) as ProbeReport;
    expect(brokenThrough(report)).toEqual([]);
    expect(report.attacks.length).toBeGreaterThan(100);
  });

  it('attacks find out about a proxy that lets more through than it says, and about one that is not there', async () => {
    await using wide = await openSandboxRig({network: ['registry.example', 'orchestrator-probe.invalid']});
    const lets = brokenThrough(await probeSandbox({...wide.sandbox, network: ['registry.example']}));
    expect(lets.map(({name}) => name)).toEqual(['proxy: host that is not named']);
    await using none = await openSandboxRig();
    const silent = brokenThrough(await probeSandbox({...none.sandbox, network: ['registry.example']}));
    expect(silent.length).toBeGreaterThan(15);
  });
});
