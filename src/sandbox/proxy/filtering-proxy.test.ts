import {once} from 'node:events';
import {request} from 'node:http';
import {connect, type Socket} from 'node:net';
import {Duplex} from 'node:stream';
import {connect as connectTls, createServer as createTlsServer} from 'node:tls';
import {describe, expect, it} from 'vitest';
import {openProxyRig, portOf} from '../../../test/support/proxy-rig.ts';
import {makeSelfSigned} from '../../../test/support/self-signed.ts';

const entries = [
  'good.example',
  'good.example:80',
  'good.example:8080',
  '*.below.example',
  '10.0.0.5:8443',
  '[fd00::5]',
];
const names = {
  'good.example': ['93.184.216.34'],
  'a.below.example': ['93.184.216.34'],
  'deep.a.below.example': ['93.184.216.34'],
};
const connectTo = (target: string, more = ''): string => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${more}\r\n`;
const plain = (start: string, ...headers: string[]): string => `${[start, ...headers].join('\r\n')}\r\n\r\n`;

/** Each asks for what the list does not name, or in a way that somebody behind the proxy could take for something else. */
const hostile: Readonly<Record<string, string>> = {
  'a host that is not named': connectTo('evil.example:443'),
  'the loopback by name': connectTo('localhost:443'),
  'the loopback by number': connectTo('127.0.0.1:443'),
  'the loopback over IPv6': connectTo('[::1]:443'),
  'the loopback, mapped': connectTo('[::ffff:127.0.0.1]:443'),
  'the loopback, short': connectTo('127.1:443'),
  'the loopback, one number': connectTo('2130706433:443'),
  'the loopback, hexadecimal': connectTo('0x7f000001:443'),
  'the loopback, octal': connectTo('0177.0.0.1:443'),
  'no address': connectTo('0.0.0.0:443'),
  'the metadata of a cloud': connectTo('169.254.169.254:80'),
  'the metadata of a cloud by name': connectTo('metadata.google.internal:80'),
  'another port': connectTo('good.example:22'),
  'another port of an address': connectTo('10.0.0.5:443'),
  'the next address': connectTo('10.0.0.6:8443'),
  'what a wildcard lies below': connectTo('below.example:443'),
  'a name that ends like a wildcard': connectTo('evilbelow.example:443'),
  'a wildcard on another port': connectTo('a.below.example:80'),
  'a name that begins like one': connectTo('good.example.evil.example:443'),
  'a name before one': connectTo('evil.good.example:443'),
  'two dots at the end': connectTo('good.example..:443'),
  'a user before the host': connectTo('good.example@evil.example:443'),
  'a user that is the host': connectTo('evil.example:443@good.example:443'),
  'two ports': connectTo('good.example:443:22'),
  'no port': connectTo('good.example'),
  'a port with a zero': connectTo('good.example:0443'),
  'a port above all': connectTo('good.example:65979'),
  'a port below all': connectTo('good.example:-443'),
  'percent signs': connectTo('good%2eexample:443'),
  'a NUL in percent signs': connectTo('evil.example%00.good.example:443'),
  'a zone of an address': connectTo('[fd00::5%25eth0]:443'),
  'a scheme in CONNECT': connectTo('https://good.example:443'),
  'a path in CONNECT': connectTo('good.example:443/evil.example:443'),
  'an empty host': connectTo(':443'),
  'a name beyond ASCII': connectTo('göod.example:443'),
  'a backslash': connectTo('good.example\\evil.example:443'),
  'a request for itself': plain('GET / HTTP/1.1', 'Host: good.example'),
  'another host in plain HTTP': plain('GET http://evil.example/ HTTP/1.1', 'Host: evil.example'),
  'another Host than the address': plain('GET http://good.example/ HTTP/1.1', 'Host: evil.example'),
  'another address than Host': plain('GET http://evil.example/ HTTP/1.1', 'Host: good.example'),
  'another port in Host': plain('GET http://good.example/ HTTP/1.1', 'Host: good.example:8080'),
  'two Hosts': plain('GET http://good.example/ HTTP/1.1', 'Host: good.example', 'Host: evil.example'),
  'no Host': plain('GET http://good.example/ HTTP/1.1'),
  'no Host in HTTP/1.0': plain('GET http://good.example/ HTTP/1.0'),
  'plain HTTP to a named port that is not 80': plain(
    'GET http://good.example:8080/ HTTP/1.1',
    'Host: good.example:8080',
  ),
  'plain HTTP to 443': plain('GET http://good.example:443/ HTTP/1.1', 'Host: good.example:443'),
  'https to the proxy': plain('GET https://good.example/ HTTP/1.1', 'Host: good.example'),
  'another scheme': plain('GET ftp://good.example/ HTTP/1.1', 'Host: good.example'),
  'a file': plain('GET file:///etc/passwd HTTP/1.1', 'Host: good.example'),
  'a user in the address': plain('GET http://u:p@good.example/ HTTP/1.1', 'Host: good.example'),
  'a host behind a user': plain('GET http://good.example@evil.example/ HTTP/1.1', 'Host: good.example'),
  'a backslash in the address': plain('GET http://good.example\\@evil.example/ HTTP/1.1', 'Host: good.example'),
  'a fragment': plain('GET http://good.example#@evil.example/ HTTP/1.1', 'Host: good.example'),
  'an upgrade': plain(
    'GET http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Connection: Upgrade',
    'Upgrade: websocket',
  ),
  'an upgrade to HTTP/2': plain(
    'GET http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Connection: Upgrade, HTTP2-Settings',
    'Upgrade: h2c',
    'HTTP2-Settings: AAA',
  ),
  'HTTP/2 at once': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'two lengths': plain(
    'POST http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Content-Length: 1',
    'Content-Length: 2',
  ),
  'a length and chunks': plain(
    'POST http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
  ),
  'a length that is none': plain('POST http://good.example/ HTTP/1.1', 'Host: good.example', 'Content-Length: 0x1'),
  'chunks that are none': plain(
    'POST http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Transfer-Encoding: xchunked',
  ),
  'chunks and something else': plain(
    'POST http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Transfer-Encoding: gzip, chunked',
  ),
  'chunks twice': plain(
    'POST http://good.example/ HTTP/1.1',
    'Host: good.example',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked',
  ),
  'a space before the colon': plain('POST http://good.example/ HTTP/1.1', 'Host: good.example', 'Content-Length : 3'),
  'a line that goes on': plain('GET http://good.example/ HTTP/1.1', 'Host: good.example', ' .evil.example'),
  'a line feed alone': 'GET http://good.example/ HTTP/1.1\nHost: good.example\n\n',
  'a carriage return in a header': plain(
    'GET http://good.example/ HTTP/1.1',
    'Host: good.example',
    'X: a\rHost: evil.example',
  ),
  'a NUL in a header': plain('GET http://good.example/ HTTP/1.1', 'Host: good.example\0.evil.example'),
  'headers without end': `GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
  'an address without end': plain(`GET http://good.example/${'x'.repeat(20_000)} HTTP/1.1`, 'Host: good.example'),
  'a SOCKS proxy': '\x05\x01\x00',
  'TLS to the proxy': '\x16\x03\x01\x02\x00\x01',
  'another protocol': 'SSH-2.0-OpenSSH_9.2\r\n',
};

it.each(Object.entries(hostile))('refuses %s', async (_, bytes) => {
  await using rig = await openProxyRig(entries, {names});
  const said = await rig.ask(Buffer.from(bytes, 'utf8'));
  expect(said).toMatch(/^HTTP\/1\.1 403 [ -~]+\r\n/);
  expect(said).toMatch(/\r\n\r\norchestrator: refused "[^\n]*": [^\n]+\n$/);
  expect(rig.reached).toEqual([]);
  expect(rig.proxy.record).toEqual({
    uses: [expect.objectContaining({times: 1, refused: expect.any(String), sentBytes: 0})],
    more: 0,
  });
});

it('says what the operator would write', async () => {
  await using rig = await openProxyRig(entries, {names: {...names, 'inner.below.example': ['10.9.9.9']}});
  const said = await rig.ask(connectTo('EVIL.example:8443'));
  expect(said).toContain('"settings": {"sandbox": {"network": ["evil.example:8443"]}}\n');
  expect(await rig.ask(connectTo('inner.below.example:443'))).toContain(
    'its address 10.9.9.9 is private; who may allow it is the operator, with "settings": {"sandbox": {"network": ["inner.below.example","10.9.9.9"]}}\n',
  );
});

it.each([
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '::1',
  'fe80::1',
  'fd00::1',
  '::ffff:169.254.169.254',
  '64:ff9b::7f00:1',
  '2002:a9fe:a9fe::',
])('refuses a name that stands for %s, also beside a public address', async address => {
  await using rig = await openProxyRig(entries, {names: {'good.example': ['93.184.216.34', address]}});
  expect(await rig.ask(connectTo('good.example:443'))).toMatch(/^HTTP\/1\.1 403 its address /);
  expect(await rig.ask(plain('GET http://good.example/ HTTP/1.1', 'Host: good.example'))).toMatch(
    /^HTTP\/1\.1 403 its /,
  );
  expect(rig.reached).toEqual([]);
});

it('connects to the very address that it has judged, and looks it up once', async () => {
  let asked = 0;
  const rebinding = {
    get 'good.example'(): readonly string[] {
      asked++;
      return [asked === 1 ? '93.184.216.34' : '127.0.0.1'];
    },
  };
  await using rig = await openProxyRig(entries, {names: rebinding, serve: socket => socket.end('bye')});
  await rig.ask(connectTo('good.example:8080'), 'hello');
  expect(rig.reached).toEqual(['93.184.216.34 8080']);
  expect(asked).toBe(1);
});

it.each([
  ['an address that was named', '10.0.0.5:8443', ['10.0.0.5 8443']],
  ['an address of IPv6 in other letters', '[FD00:0::5]:443', ['fd00::5 443']],
  ['a name in other letters, with a dot at its end', 'GOOD.Example.:8080', ['93.184.216.34 8080']],
  ['a name below a wildcard', 'deep.a.below.example:443', ['93.184.216.34 443']],
])('lets through %s', async (_, target, reached) => {
  await using rig = await openProxyRig(entries, {names, serve: socket => socket.end('bye')});
  expect(await rig.ask(connectTo(target))).toBe('HTTP/1.1 200 Connection established\r\n\r\nbye');
  expect(rig.reached).toEqual(reached);
});

it('lets through a name with an address of its own that the operator has named too', async () => {
  await using rig = await openProxyRig(['registry.corp', '10.1.1.1'], {
    names: {'registry.corp': ['10.1.1.1']},
    serve: socket => socket.end('bye'),
  });
  expect(await rig.ask(connectTo('registry.corp:443'))).toContain(' 200 ');
  expect(rig.reached).toEqual(['10.1.1.1 443']);
});

it.each([
  ['a further proxy', 'good.example:8080', connectTo('evil.example:443')],
  ['a further proxy, after empty lines', 'good.example:8080', `\r\n\r\n${connectTo('evil.example:443')}`],
  [
    'a further proxy, in plain HTTP',
    'good.example:8080',
    plain('GET http://evil.example/ HTTP/1.1', 'Host: evil.example'),
  ],
  ['a further proxy, in SOCKS 5', 'good.example:8080', '\x05\x01\x00'],
  ['a further proxy, in SOCKS 4', 'good.example:8080', '\x04\x01\x01\xbb\x7f\x00\x00\x01\x00'],
  ['what is not TLS on 443', 'good.example:443', plain('GET / HTTP/1.1', 'Host: evil.example')],
  ['another Host on 80', 'good.example:80', plain('GET / HTTP/1.1', 'Host: evil.example')],
  ['a whole address on 80', 'good.example:80', plain('GET http://evil.example/ HTTP/1.1', 'Host: good.example')],
  ['a tunnel on 80', 'good.example:80', connectTo('evil.example:443')],
  ['a second request on 80', 'good.example:80', plain('GET /* HTTP/1.1', 'Host: good.example', 'Upgrade: x')],
])('sends nothing through a tunnel of %s', async (_, target, bytes) => {
  await using rig = await openProxyRig(entries, {names});
  expect(await rig.ask(connectTo(target), bytes)).toMatch(/^HTTP\/1\.1 200 [^\n]+\r\n\r\nHTTP\/1\.1 403 /);
  expect(rig.received()).toBe('');
  expect(rig.proxy.record.uses).toContainEqual(expect.objectContaining({refused: expect.any(String), host: target}));
});

it('passes one request of a connection on, and what follows it to nobody', async () => {
  await using rig = await openProxyRig(entries, {
    names,
    serve: socket => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
  });
  const one = plain('GET http://good.example/one HTTP/1.1', 'Host: good.example');
  const two = plain('GET http://good.example/two HTTP/1.1', 'Host: good.example');
  await rig.ask(one + two);
  expect(rig.reached.length).toBeLessThan(2);
  expect(rig.received()).not.toContain('/two');
});

it('passes a request on without what is for one hop or for a proxy, and ends its body', async () => {
  await using rig = await openProxyRig(entries, {
    names,
    serve: socket =>
      socket.on('data', (chunk: Buffer) => {
        if (chunk.toString().endsWith('0\r\n\r\n'))
          socket.end(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nProxy-Authenticate: Basic\r\n\r\n2\r\nok\r\n0\r\n\r\n',
          );
      }),
  });
  const smuggled = plain('GET /evil HTTP/1.1', 'Host: evil.example');
  const headers = [
    'Host: GOOD.example',
    'Connection: close, X-Secret',
    'X-Secret: 1',
    'Proxy-Authorization: Basic eDp5',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'X-Kept: 1',
    'X-Kept: 2',
    'Transfer-Encoding: chunked',
  ];
  const said = await rig.ask(
    `${plain('GET http://good.example?a=1 HTTP/1.1', ...headers)}${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`,
  );
  const lines = rig.received().slice(0, rig.received().indexOf('\r\n\r\n')).split('\r\n');
  expect(lines[0]).toBe('GET /?a=1 HTTP/1.1');
  expect(
    lines
      .slice(1)
      .map(line => line.toLowerCase())
      .sort(),
  ).toEqual(['connection: close', 'host: good.example', 'transfer-encoding: chunked', 'x-kept: 1', 'x-kept: 2'].sort());
  expect(rig.received()).toContain(`\r\n${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`);
  expect(said).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(said.toLowerCase()).not.toContain('proxy-');
});

it('passes TLS on as it is, to the host that it asks for and to no other', async () => {
  const {key, cert} = makeSelfSigned('good.example');
  const world = createTlsServer({key, cert}, socket => {
    socket.on('error', () => {});
    socket.end(`for ${(socket as unknown as {servername: string}).servername}`);
  });
  world.on('tlsClientError', () => {});
  await using rig = await openProxyRig(entries, {names, serve: socket => world.emit('connection', socket)});
  const ask = async (servername: string): Promise<string> => {
    const socket = connect(rig.port, '127.0.0.1');
    socket.write(connectTo('good.example:443'));
    await once(socket, 'data');
    return await new Promise(resolve => {
      const tls = connectTls({socket, servername, rejectUnauthorized: false});
      tls.once('data', data => resolve(data.toString()));
      tls.once('error', error => resolve(error.message));
    });
  };
  expect(await ask('good.example')).toBe('for good.example');
  expect(await ask('')).toBe('for false');
  expect(await ask('evil.example')).toContain('unrecognized name');
  expect(rig.proxy.record.uses).toEqual([
    expect.objectContaining({host: 'good.example:443', times: 3}),
    expect.objectContaining({host: 'good.example:443', times: 1, refused: 'TLS asks for another name than the tunnel'}),
  ]);
});

describe('when a server asks for a second ClientHello', () => {
  const helloFor = (servername: string): Promise<Buffer> =>
    new Promise(resolve => {
      const socket = new Duplex({read() {}, write: (chunk: Buffer) => resolve(chunk)});
      connectTls({socket, servername}).on('error', () => {});
    });
  const retry = Buffer.from(
    '160303003a020000360303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c00130100000e002b0002030400330002001d'.slice(
      0,
      126,
    ),
    'hex',
  );
  const change = Buffer.from([20, 3, 3, 0, 1, 1]);

  it.each([
    ['as it is asked', false],
    ['before it is asked', true],
  ])('it may not name another host, %s', async (_, atOnce) => {
    await using rig = await openProxyRig(entries, {
      names,
      serve: socket => socket.once('data', () => void socket.write(retry)),
    });
    const socket = connect(rig.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(connectTo('good.example:443'));
    await once(socket, 'data');
    const second = Buffer.concat([change, await helloFor('evil.example')]);
    socket.write(atOnce ? Buffer.concat([await helloFor('good.example'), second]) : await helloFor('good.example'));
    await once(socket, 'data');
    if (!atOnce) socket.write(second);
    await once(socket, 'close');
    expect(rig.received()).toContain('good.example');
    expect(rig.received()).not.toContain('evil.example');
    expect(rig.proxy.record.uses).toContainEqual(
      expect.objectContaining({refused: 'TLS asks for another name than the tunnel'}),
    );
  });

  it('it is passed on when it names the same', async () => {
    const world = createTlsServer(
      {...makeSelfSigned('good.example'), ecdhCurve: 'P-521', minVersion: 'TLSv1.3'},
      socket => socket.end('well'),
    );
    world.listen(0, '127.0.0.1');
    await once(world, 'listening');
    // Through bytes that can be seen.
    const serve = (socket: Socket): void => {
      const inner = connect(portOf(world), '127.0.0.1');
      inner.on('error', () => {});
      socket.pipe(inner).pipe(socket);
    };
    await using rig = await openProxyRig(entries, {names, serve});
    const socket = connect(rig.port, '127.0.0.1');
    socket.write(connectTo('good.example:443'));
    await once(socket, 'data');
    const tls = connectTls({socket, servername: 'good.example', rejectUnauthorized: false, ecdhCurve: 'X25519:P-521'});
    const [said] = (await once(tls, 'data')) as [Buffer];
    expect(said.toString()).toBe('well');
    world.close();
    // Two of them.
    expect(rig.received().split('good.example').length).toBe(3);
  });
});

it.each(['good.example:8080', 'good.example:443'])(
  'takes an alert before a ClientHello for no other protocol: %s',
  async target => {
    await using rig = await openProxyRig(entries, {names});
    const said = await rig.ask(connectTo(target), Buffer.from([21, 3, 1, 0, 2, 1, 90]));
    expect(said).toContain(' 200 ');
    expect(rig.received()).toBe('');
    expect(rig.proxy.record.uses).toContainEqual(expect.objectContaining({refused: 'TLS without a ClientHello'}));
  },
);

it('reads plain HTTP in a tunnel also when it comes with the CONNECT', async () => {
  await using rig = await openProxyRig(entries, {
    names,
    serve: socket => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
  });
  const said = await rig.ask(connectTo('good.example:80') + plain('GET /early HTTP/1.1', 'Host: good.example'));
  expect(said).toContain('HTTP/1.1 200 OK');
  expect(rig.received()).toContain('GET /early HTTP/1.1\r\n');
  await rig.ask(connectTo('good.example:80') + plain('GET /other HTTP/1.1', 'Host: evil.example'));
  expect(rig.received()).not.toContain('/other');
});

it('speaks plain HTTP with programs that ask through a tunnel', async () => {
  await using rig = await openProxyRig(entries, {
    names,
    serve: socket => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')),
  });
  const asked = request({port: rig.port, host: '127.0.0.1', method: 'CONNECT', path: 'good.example:80'});
  asked.end();
  const [, socket] = await once(asked, 'connect');
  socket.write(plain('GET /path HTTP/1.1', 'Host: good.example'));
  const [answer] = await once(socket, 'data');
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(rig.received()).toContain('GET /path HTTP/1.1\r\n');
});

it('says when a named host does not answer', async () => {
  await using rig = await openProxyRig(['gone.example']);
  expect(await rig.ask(connectTo('gone.example:443'))).toMatch(
    /^HTTP\/1\.1 502 its name cannot be looked up \(ENOTFOUND\)/,
  );
});

it.each([
  ['sentBytes', 'x'.repeat(50_000), ''],
  ['receivedBytes', 'x\n', 'y'.repeat(50_000)],
])('cuts everything at the limit of %s', async (limit, sent, back) => {
  await using rig = await openProxyRig(
    entries,
    {names, serve: socket => socket.once('data', () => void socket.write(back === '' ? 'no' : back))},
    {[limit]: 20_000},
  );
  await rig.ask(connectTo('good.example:8080'), sent);
  expect(await rig.ask(connectTo('good.example:8080'))).toContain('403 the command has sent or received too much');
  expect(rig.received().length).toBeLessThan(50_000);
});

it('refuses more connections than it has places, and ends those that say nothing', async () => {
  await using rig = await openProxyRig(entries, {names}, {connections: 2, idleMs: 300, startMs: 300});
  const idle = [rig.ask(''), rig.ask(connectTo('good.example:8080'))];
  await expect.poll(() => rig.reached.length).toBe(1);
  expect(await rig.ask(connectTo('good.example:443'))).toContain('403 more than 2 connections at once');
  await Promise.all(idle);
});

it('keeps twenty places of each kind, whatever is asked for', async () => {
  await using rig = await openProxyRig(entries, {names, serve: socket => socket.end('bye')});
  for (let number = 0; number < 30; number++) await rig.ask(connectTo(`evil${number}.example:443`));
  await rig.ask(connectTo('good.example:443'));
  const {uses, more} = rig.proxy.record;
  expect(uses[0]).toMatchObject({host: 'good.example:443', times: 1});
  expect([uses.length, more]).toEqual([21, 10]);
});
