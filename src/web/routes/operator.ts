import type {Context, Hono} from 'hono';
import type {RunSettings} from '../../run/run-settings.ts';
import type {SkillView} from '../api.ts';
import type {PageParts} from '../server.ts';
import {describeTrends, type TrendsInput} from '../trends.ts';

const defaultDays = 90;
const dayMs = 86_400_000;
/** A skill that nothing finds by name is looked for where the newest so many runs had it. */
const askedRuns = 30;

/** What nights came to over weeks, and what the operator wrote. */
export function addOperatorRoutes(app: Hono, {ledger, clock, operator}: PageParts): void {
  const read = async (context: Context): Promise<TrendsInput> => {
    const wanted = Math.trunc(Number(context.req.query('days') ?? defaultDays)) || defaultDays;
    const days = Math.min(3650, Math.max(7, wanted));
    const now = clock.now();
    const since = now - days * dayMs;
    const [rows, costs] = await Promise.all([ledger.trends(since), ledger.costs('skill', since)]);
    return {rows, costs, days, now};
  };

  app.get('/api/trends', async context => context.json(describeTrends(await read(context))));

  app.get('/api/skills/:name', async context => {
    const name = context.req.param('name');
    const [input, directory] = await Promise.all([read(context), lastDirectory(name)]);
    const found = operator.skill(name, directory);
    const trends = describeTrends(ofSkill(name, input));
    if (found.skill === undefined && trends.skills.length === 0) return context.json({error: found.problem}, 404);
    const {skill, problem} = found;
    const view: SkillView = {name, ...(skill === undefined ? {problem} : {skill}), trends};
    return context.json(view);
  });

  app.get('/api/settings', async context => context.json(await operator.settings()));

  app.get('/api/doctor', async context => context.json(await operator.checks()));

  async function lastDirectory(name: string): Promise<string | undefined> {
    for (const {settings} of await ledger.runs({limit: askedRuns})) {
      const known = (settings as Partial<RunSettings> | null)?.skills?.find(skill => skill.name === name);
      if (known !== undefined) return known.directory;
    }
    return undefined;
  }
}

function ofSkill(name: string, {rows, costs, ...time}: TrendsInput): TrendsInput {
  const isOwn = ({skill}: {readonly skill: string}): boolean => skill === name;
  return {
    rows: {
      jobs: rows.jobs.filter(isOwn),
      changes: rows.changes.filter(isOwn),
      failures: rows.failures.filter(isOwn),
    },
    costs: costs.filter(cost => cost.name === name),
    ...time,
  };
}
