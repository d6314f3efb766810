import {objectSchema, readOptionalFlag, readText} from '../read-arguments.ts';
import type {Tool} from '../tool.ts';

const maxCharacters = 8000;

export const finishTool: Tool = {
  name: 'finish',
  description:
    'Says that the work is done. What counts is what stands in the repo then; the files are compared, not the summary.',
  parameters: objectSchema({
    summary: {type: 'string', description: 'What was changed and why, for the person who reviews it.'},
    'nothing_to_change?': {
      type: 'boolean',
      description:
        'True when you looked and nothing needs to change; the summary then says why. Not for work that you could not do.',
    },
  }),
  mutates: false,
  async call(input) {
    const summary = readText(input, 'summary').trim();
    const nothingToChange = readOptionalFlag(input, 'nothing_to_change');
    return {text: 'Noted.', finished: {summary: summary.slice(0, maxCharacters), nothingToChange}};
  },
};
