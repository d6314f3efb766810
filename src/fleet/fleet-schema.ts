import {z} from 'zod';
import {forgeKinds} from '../domain/forge.ts';

export const repositorySchema = z
  .strictObject({
    name: name('a name').describe('What people type; unique in the fleet.'),
    path: line('a path')
      .exactOptional()
      .describe('The work tree (or bare repository) on this machine; ~ and $VARS expand.'),
    url: z
      .string()
      .max(2048)
      .regex(/^(?!-)(?![A-Za-z0-9+.-]+::)[^\s\u0000-\u001f\u007f]+$/, {
        error: 'expected a git URL such as "https://…" or "git@host:owner/name.git"',
      })
      .exactOptional()
      .describe('Where to clone from and push to.'),
    github: z
      .string()
      .max(2048)
      .nullable()
      .exactOptional()
      .describe('Web address, for people; null when there is none.'),
    branch: z
      .string()
      .max(255)
      .regex(/^(?![-/.])(?!.*(?:\.\.|@\{|\/\/))[^\s\u0000-\u001f\u007f~^:?*[\\]+$/, {error: 'expected a branch name'})
      .exactOptional()
      .describe('Branch to work from. Default: the one that is checked out.'),
    description: z.string().max(10_000).exactOptional().describe('One line for people and for the model.'),
    tags: tags().exactOptional(),
    active: z
      .boolean()
      .exactOptional()
      .describe('false is never selected by group, tag, all or select. Default: true.'),
  })
  .meta({
    description: 'One git repository. "path" or "url" (or both) is required.',
    anyOf: [{required: ['path']}, {required: ['url']}],
  });

export const sourceSchema = z
  .strictObject({
    directory: line('a path').exactOptional().describe('Folder in which git repositories are looked for.'),
    depth: z
      .int()
      .min(1)
      .max(10)
      .exactOptional()
      .describe('How many levels below the folder repos may stand. Default: 1.'),
    github: line('a search')
      .exactOptional()
      .describe(
        'Repositories on GitHub: "org:NAME" and "topic:NAME" list an organisation whole; everything else is a search as GitHub has it.',
      ),
    gitlab: line('a search')
      .exactOptional()
      .describe('Projects on GitLab: "group:PATH" with its subgroups, "topic:NAME", and words of the name.'),
    forge: line('a host')
      .exactOptional()
      .describe('Host of the forge, one of "forges". Default: github.com, or gitlab.com.'),
    forks: z.boolean().exactOptional().describe('true takes forks too. Default: false. Archived ones never are.'),
    tags: tags().exactOptional(),
  })
  .meta({
    description: 'A place where repos are found by themselves.',
    oneOf: [{required: ['directory']}, {required: ['github']}, {required: ['gitlab']}],
  });

export const forgeSchema = z
  .strictObject({
    host: z
      .string()
      .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::\d{1,5})?$/, {
        error: 'expected a host such as "github.acme.com"',
      })
      .describe('Host in the addresses of its repositories.'),
    kind: z.enum(forgeKinds).describe('Which interface it speaks.'),
    api_url: line('an address')
      .exactOptional()
      .describe('Where its interface is. Default: https://HOST/api/v3 for GitHub, https://HOST/api/v4 for GitLab.'),
    token_env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
        error: 'this must be the name of an environment variable, never the token itself',
      })
      .describe('Variable of the environment that holds the token for this host, and for no other.'),
  })
  .describe('A GitHub Enterprise or GitLab of your own. github.com and gitlab.com are known.');

/** The fleet file, as written. Types, JSON Schema and validation come from here. */
export const fleetSchema = z
  .strictObject({
    $schema: z.string().exactOptional().describe('Address of this schema, for editors.'),
    repositories: z
      .array(repositorySchema)
      .max(100_000)
      .exactOptional()
      .describe('The repos, in the order in which they run.'),
    groups: z
      .record(name('a name'), z.array(name('a name')))
      .exactOptional()
      .describe('Names for subsets of the repos.'),
    sources: z
      .array(sourceSchema)
      .max(1000)
      .exactOptional()
      .describe('Places where more repos are found by themselves.'),
    forges: z.array(forgeSchema).max(100).exactOptional().describe('Forges other than github.com and gitlab.com.'),
  })
  .describe('Fleet file of orchestrator: the repos, their groups and where more are found.');

/** A fleet file, or what holds of one with problems, so that names that mean it can still be checked. Entries keep their positions. */
export interface UsableFleet {
  readonly repositories?: readonly Partial<z.infer<typeof repositorySchema>>[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
  readonly sources?: readonly Partial<z.infer<typeof sourceSchema>>[];
  readonly forges?: readonly Partial<z.infer<typeof forgeSchema>>[];
}

function tags() {
  return z
    .array(
      z
        .string()
        .max(100)
        .regex(/^(?!(?:and|or|not)$)[^\s()"'\u0000-\u001f\u007f]+$/, {
          error: 'expected a tag without spaces, quotes and parentheses, other than "and", "or", "not"',
        }),
    )
    .max(100)
    .describe('Words by which repos are selected.');
}

function name(what: string) {
  return line(what).max(200);
}

function line(what: string) {
  return z
    .string()
    .min(1)
    .max(4096)
    .regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/, {
      error: `expected ${what} on one line, without control characters`,
    });
}
