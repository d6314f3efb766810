import type {CANCEL_SYMBOL} from '@clack/prompts';

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

/** Questions to a person at a terminal. Every one throws `PromptCancelled` when it is left with Ctrl-C or Escape. */
export interface Prompts {
  begin(title: string): void;
  end(text: string): void;
  note(text: string): void;
  one(message: string, choices: readonly Choice[], initial?: string): Promise<string>;
  /** At least one of them. */
  several(message: string, choices: readonly Choice[], initial: readonly string[]): Promise<string[]>;
  /** `problemOf` says what is wrong with an answer. */
  line(
    message: string,
    options: {initial?: string; placeholder?: string; problemOf: (text: string) => string | undefined},
  ): Promise<string>;
  confirm(message: string): Promise<boolean>;
}

/** The person left; nothing may have been done. */
export class PromptCancelled extends Error {}

/** Above this many choices a list is searched by typing. */
const searchable = 12;

/** Asks on stderr, so that stdout stays for the result. Only for terminals that `io.canAsk` says can answer. */
export async function openPrompts(): Promise<Prompts> {
  const clack = await import('@clack/prompts');
  const output = process.stderr;
  const answered = async <Answer>(answer: Promise<Answer | typeof CANCEL_SYMBOL>): Promise<Answer> => {
    const value = await answer;
    if (clack.isCancel(value)) throw new PromptCancelled();
    return value as Answer;
  };
  return {
    begin: title => clack.intro(title, {output}),
    end: text => clack.outro(text, {output}),
    note: text => clack.log.info(text, {output}),
    one: (message, choices, initial) =>
      answered(
        clack.select({
          message,
          options: choices.map(toOption),
          output,
          ...(initial === undefined ? {} : {initialValue: initial}),
        }),
      ),
    several(message, choices, initial) {
      const options = {message, options: choices.map(toOption), initialValues: [...initial], required: true, output};
      return answered(
        choices.length > searchable ? clack.autocompleteMultiselect(options) : clack.multiselect(options),
      );
    },
    line: (message, {initial, placeholder, problemOf}) =>
      answered(
        clack.text({
          message,
          output,
          validate: text => problemOf(text ?? ''),
          ...(initial === undefined ? {} : {initialValue: initial}),
          ...(placeholder === undefined ? {} : {placeholder}),
        }),
      ).then(text => text ?? ''),
    confirm: message => answered(clack.confirm({message, output})),
  };
}

function toOption({value, label, hint}: Choice): {value: string; label: string; hint?: string} {
  return hint === undefined ? {value, label} : {value, label, hint};
}
