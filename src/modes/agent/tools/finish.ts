import {objectSchema, readText} from '../read-arguments.ts';
import type {Tool} from '../tool.ts';

const maxCharacters = 8000;

export const finishTool: Tool = {
  name: 'finish',
  description:
    'Says that the work is done. What counts is what stands in the repo then; the files are compared, not the summary.',
  parameters: objectSchema({
    summary: {type: 'string', description: 'What was changed and why, for the person who reviews it.'},
  }),
  mutates: false,
  async call(input) {
    const summary = readText(input, 'summary').trim();
    return {text: 'Noted.', finished: {summary: summary.slice(0, maxCharacters)}};
  },
};
