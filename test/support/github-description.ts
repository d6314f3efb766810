import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import path from 'node:path';
import {Ajv, type ValidateFunction} from 'ajv';
import type {ForgeAnswer, ForgeRequest} from '../../src/testing/memory-forge-http.ts';

const require = createRequire(import.meta.url);

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: object;
}

interface Operation {
  readonly parameters?: readonly (Parameter | {readonly $ref: string})[];
  readonly requestBody?: {readonly required?: boolean; readonly content?: Content};
  readonly responses: Readonly<Record<string, {readonly content?: Content} | {readonly $ref: string}>>;
}

type Content = Readonly<Record<string, {readonly schema: object}>>;

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** GitHub's published description of its interface, by which requests and answers are judged. */
export class GithubDescription {
  readonly #description: Description;
  readonly #ajv = new Ajv({strict: false, allErrors: true, validateFormats: false});
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(name: 'api.github.com' | 'ghes-3.19' = 'api.github.com') {
    const folder = path.dirname(require.resolve('@octokit/openapi'));
    const text = readFileSync(path.join(folder, 'generated', `${name}.json`), 'utf8');
    this.#description = JSON.parse(text) as Description;
  }

  /** Everything that is wrong with a request and the answer to it. `apiPath` is what stands before the described path. */
  judge(request: ForgeRequest, answer: ForgeAnswer | undefined, apiPath: string): string[] {
    const place = request.path.slice(apiPath.length);
    const found = this.#find(request.method.toLowerCase(), place);
    if (found === undefined) return [`${request.method} ${place} is not described`];
    const {name, operation, values} = found;
    const problems: string[] = [];
    const report = (text: string): void => void problems.push(`${request.method} ${name}: ${text}`);
    const parameters = (operation.parameters ?? []).map(one => this.#resolve<Parameter>(one));
    for (const [key, value] of request.query) {
      const parameter = parameters.find(one => one.in === 'query' && one.name === key);
      if (parameter === undefined) report(`no query parameter ${key}`);
      else this.#check(`${name}?${key}`, parameter.schema, coerce(value, parameter.schema), report);
    }
    for (const parameter of parameters.filter(one => one.required === true && one.in === 'query')) {
      if (!request.query.has(parameter.name)) report(`query parameter ${parameter.name} is missing`);
    }
    for (const [key, value] of Object.entries(values)) {
      const parameter = parameters.find(one => one.in === 'path' && one.name === key);
      if (parameter === undefined) report(`no path parameter ${key}`);
      else this.#check(`${name}/${key}`, parameter.schema, coerce(value, parameter.schema), report);
    }
    this.#judgeBody(request, operation, name, report);
    if (answer !== undefined) this.#judgeAnswer(request, answer, operation, name, report);
    return problems;
  }

  #judgeBody(request: ForgeRequest, operation: Operation, name: string, report: (text: string) => void): void {
    const schema = operation.requestBody?.content?.['application/json']?.schema;
    if (request.body.length === 0) {
      if (operation.requestBody?.required === true) report('the body is missing');
      return;
    }
    if (schema === undefined) {
      report('takes no body');
      return;
    }
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    this.#check(`${request.method} ${name} body`, schema, value, report);
    const known = new Set(
      [schema, ...((schema as {oneOf?: object[]}).oneOf ?? [])].flatMap(one =>
        Object.keys((one as {properties?: object}).properties ?? {}),
      ),
    );
    for (const key of Object.keys(value as object)) if (!known.has(key)) report(`the body has no property ${key}`);
  }

  #judgeAnswer(
    request: ForgeRequest,
    answer: ForgeAnswer,
    operation: Operation,
    name: string,
    report: (text: string) => void,
  ): void {
    const written = operation.responses[String(answer.status)];
    if (written === undefined) {
      report(`no answer ${answer.status} is described`);
      return;
    }
    const schema = this.#resolve<{content?: Content}>(written).content?.['application/json']?.schema;
    if (schema === undefined) return;
    const value: unknown = JSON.parse(String(answer.body));
    this.#check(`${request.method} ${name} ${answer.status}`, schema, value, report);
  }

  #find(
    method: string,
    place: string,
  ): {name: string; operation: Operation; values: Record<string, string>} | undefined {
    for (const [name, methods] of Object.entries(this.#description.paths)) {
      const operation = methods[method];
      if (operation === undefined) continue;
      const keys: string[] = [];
      const pattern = name.replaceAll(/\{([^}]+)\}/g, (_, key: string) => {
        keys.push(key);
        return '([^/]+)';
      });
      const match = new RegExp(`^${pattern}$`).exec(place);
      if (match === null) continue;
      const values = Object.fromEntries(keys.map((key, index) => [key, decodeURIComponent(match[index + 1]!)]));
      return {name, operation, values};
    }
    return undefined;
  }

  #check(name: string, schema: object, value: unknown, report: (text: string) => void): void {
    let validate = this.#validators.get(name);
    if (validate === undefined) {
      validate = this.#ajv.compile(this.#bundle(schema));
      this.#validators.set(name, validate);
    }
    if (validate(value)) return;
    for (const error of (validate.errors ?? []).slice(0, 5)) report(`${name} ${error.instancePath} ${error.message}`);
  }

  /** With all that it refers to, and nothing else of the large document. */
  #bundle(schema: object): object {
    const $defs: Record<string, unknown> = {};
    const wanted: string[] = [];
    const root = toJsonSchema(schema, wanted) as object;
    for (let ref = wanted.pop(); ref !== undefined; ref = wanted.pop()) {
      if (ref in $defs) continue;
      const [kind = '', name = ''] = ref.split(/\.(.*)/s);
      $defs[ref] = {};
      $defs[ref] = toJsonSchema(this.#description.components[kind]?.[name], wanted);
    }
    return {...root, $defs};
  }

  #resolve<T>(value: T | {readonly $ref: string}): T {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value as T;
    const [, , kind = '', name = ''] = value.$ref.split('/');
    return this.#description.components[kind]?.[name] as T;
  }
}

function coerce(value: string, schema: object): unknown {
  const type = (schema as {type?: string}).type;
  return type === 'integer' || type === 'number' ? Number(value) : value;
}

/** OpenAPI 3.0 says `nullable` where JSON Schema says that null is one of the types. What is referred to is added to `wanted`. */
function toJsonSchema(value: unknown, wanted: string[]): unknown {
  if (Array.isArray(value)) return value.map(inner => toJsonSchema(inner, wanted));
  if (typeof value !== 'object' || value === null) return value;
  const {nullable, example: _, examples: __, ...rest} = value as Record<string, unknown>;
  const result = Object.fromEntries(
    Object.entries(rest).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, toJsonSchema(inner, wanted)];
      const name = inner.replace('#/components/', '').replace('/', '.');
      wanted.push(name);
      return [key, `#/$defs/${name}`];
    }),
  );
  // A property may be called "nullable", or "example".
  if (typeof nullable !== 'boolean')
    return nullable === undefined ? result : {...result, nullable: toJsonSchema(nullable, wanted)};
  return nullable ? {anyOf: [{type: 'null'}, result]} : result;
}
