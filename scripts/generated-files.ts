import {z} from 'zod';
import {modelsFileSchema} from '../src/config/models-file.ts';
import {taskConfigurationSchema} from '../src/config/task-schema.ts';
import {fleetSchema} from '../src/fleet/fleet-schema.ts';
import {resultsSchema} from '../src/report/results-schema.ts';
import {renderFaultsPage} from '../test/support/provider-faults.ts';
import {renderCliReference} from './render-cli-reference.ts';
import {renderJsonReference} from './render-json-reference.ts';
import {renderOutcomes} from './render-outcomes.ts';

export interface GeneratedFile {
  /** Relative to the package. */
  readonly file: string;
  readonly render: () => string | Promise<string>;
}

/** Every file that is made from the sources. To add one, add a line. */
export const generatedFiles: readonly GeneratedFile[] = [
  {file: 'schema/tasks.schema.json', render: () => renderSchema(taskConfigurationSchema, 'Task configuration')},
  {file: 'schema/repos.schema.json', render: () => renderSchema(fleetSchema, 'Fleet file')},
  {file: 'schema/models.schema.json', render: () => renderSchema(modelsFileSchema, 'Models file')},
  {file: 'schema/results.schema.json', render: () => renderSchema(resultsSchema, 'Results file')},
  {file: 'docs/reference/outcomes.md', render: renderOutcomes},
  {file: 'docs/reference/faults.md', render: () => renderFaultsPage()},
  {file: 'docs/reference/cli.md', render: renderCliReference},
  {file: 'docs/reference/json.md', render: renderJsonReference},
];

/** JSON Schema for editors, which know draft 7 best. */
function renderSchema(schema: z.ZodType, title: string): string {
  const {$schema, ...rest} = z.toJSONSchema(schema, {target: 'draft-7', io: 'input'});
  // The two keys after the title are read by editors that otherwise complain about comments.
  return `${JSON.stringify({$schema, title, allowComments: true, allowTrailingCommas: true, ...rest}, null, 2)}\n`;
}
