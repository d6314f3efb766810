import {readFile} from 'node:fs/promises';
import {beforeAll, describe, expect, it} from 'vitest';
import {failureReasons} from '../../src/domain/outcome.ts';
import {brokenRepos} from '../support/broken-repos.ts';
import {type Night, spendNight} from '../support/night-of-failures.ts';
import {providerFaults, renderFaultsPage} from '../support/provider-faults.ts';

describe('a night in which everything fails that can', () => {
  let night: Night;
  beforeAll(async () => {
    night = await spendNight(60);
  });

  it('has at least fifty kinds of failure, and forty of the model server', () => {
    const names = [...providerFaults, ...brokenRepos].map(({name}) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(providerFaults.length).toBeGreaterThanOrEqual(40);
    expect(names.length).toBeGreaterThanOrEqual(90);
  });

  it('ends every job as it must, and no other', () => {
    expect(Object.fromEntries(night.rows.map(row => [row.repo, row.outcome]))).toEqual(
      Object.fromEntries(night.expected),
    );
    expect(night.rows).toHaveLength(night.expected.size);
    expect(night.said).toMatchObject({exitCode: 1, stderr: ''});
  });

  it('says of every failure what happened and what to do', () => {
    for (const row of night.rows.filter(({status}) => status === 'error')) {
      const at = `${row.repo}: ${row.message} — ${row.next}`;
      expect(row.outcome! in failureReasons, at).toBe(true);
      expect(row.message, at).toMatch(/\S/);
      expect(row.message, at).not.toMatch(/\n|undefined|\[object|^Error|\bat \S+:\d+/);
      expect(row.next, at).toMatch(/\S/);
      expect(row.delivered, at).toBeUndefined();
      expect(night.log).toContain(`job=${row.skill}/${row.repo} ${row.outcome}: `);
    }
  });

  it('writes what healthy repos asked for and nothing else', () => {
    expect(night.wrongFiles).toEqual([]);
    for (const row of night.rows) expect(row.status === 'success').toBe(row.outcome === 'changed');
  });

  it('calls again where that may help, and nowhere else', () => {
    for (const {name, retried} of providerFaults) {
      expect(`${name}: ${night.calls.get(name.replaceAll(' ', '-'))}`).toBe(`${name}: ${retried ? 2 : 1}`);
    }
    for (const {name} of brokenRepos) expect(night.calls.get(name.replaceAll(' ', '-')), name).toBeUndefined();
  });

  it('is described in the docs as it is', async () => {
    const page = await readFile(new URL('../../docs/reference/faults.md', import.meta.url), 'utf8');
    expect(page).toBe(renderFaultsPage());
  });
});
