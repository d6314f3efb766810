import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import type {TakenJob} from '../../src/ledger/shared-ledger.ts';
import {makeJob} from '../support/make-job.ts';
import {type PostgresServer, postgresProblem, startPostgres} from '../support/postgres-server.ts';
import {openCoordinator, openWorkerRig, startQueued, unchangedEnd, untilSo} from '../support/queue-workers.ts';

describe.skipIf(postgresProblem !== undefined)(
  `workers of a queue${postgresProblem === undefined ? '' : `: ${postgresProblem}`}`,
  () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(() => server[Symbol.asyncDispose]());

    it('leave a run that they cannot open to others, and say why', async () => {
      const url = await server.newDatabase();
      await using coordinator = await openCoordinator(url);
      const {ledger} = coordinator;
      await startQueued(coordinator, 'r-1', [makeJob(1, 'api'), makeJob(2, 'web')]);
      let tries = 0;
      await using bad = await openWorkerRig(url, {
        name: 'bad',
        open: async () => {
          tries++;
          throw new Error('its disk is full');
        },
      });
      await untilSo(async () => (await ledger.workers()).some(({troubles}) => troubles.length > 0));
      expect(await ledger.workers()).toMatchObject([
        {id: 'bad', troubles: [{runId: 'r-1', message: 'its disk is full'}]},
      ]);
      await new Promise(resolve => setTimeout(resolve, 3_000));
      // The second try comes after five seconds.
      expect(tries).toBe(1);
      expect(bad.notes.join('\n')).toContain(
        'r-1 cannot be executed here and is left to others for 5 s: its disk is full',
      );
      // It goes on with what it can do.
      const takes: number[] = [];
      await using good = await openWorkerRig(url, {
        name: 'good',
        execute: async taken => void takes.push(taken.takes),
      });
      await untilSo(async () => (await ledger.run('r-1'))?.state === 'finished');
      expect({takes, notes: good.notes}).toEqual({takes: [1, 1], notes: []});
      await untilSo(async () => (await ledger.workers()).every(({troubles}) => troubles.length === 0));
    });

    it('record the end of a run before they go, when they are told to go meanwhile', async () => {
      const url = await server.newDatabase();
      await using coordinator = await openCoordinator(url);
      await startQueued(coordinator, 'r-1', [makeJob(1, 'api')]);
      const begun = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const worker = await openWorkerRig(url, {
        name: 'a',
        async beforeEnd() {
          begun.resolve();
          await held.promise;
        },
      });
      await begun.promise;
      const gone = worker[Symbol.asyncDispose]();
      await new Promise(resolve => setTimeout(resolve, 500));
      held.resolve();
      await gone;
      expect(await coordinator.ledger.run('r-1')).toMatchObject({state: 'finished'});
      expect(worker.notes).toEqual([]);
    });

    it('find a job that the queue has given up, and do it', async () => {
      const url = await server.newDatabase();
      await using coordinator = await openCoordinator(url);
      await startQueued(coordinator, 'r-1', [makeJob(1, 'api'), makeJob(2, 'web')]);
      const name = new URL(url).pathname.slice(1);
      await server.query(
        `UPDATE orchestrator_queue.job SET state = 'failed', completed_on = now() WHERE data->>'jobId' = '1'`,
        name,
      );
      await using _worker = await openWorkerRig(url, {name: 'a'});
      await untilSo(async () => (await coordinator.ledger.run('r-1'))?.state === 'finished');
      // Also when nothing of it is left.
      await startQueued(coordinator, 'r-2', [makeJob(1, 'api', {needs: ['gpu']})]);
      await server.query(`DELETE FROM orchestrator_queue.job WHERE data->>'runId' = 'r-2'`, name);
      await using _gpu = await openWorkerRig(url, {name: 'b', labels: ['gpu']});
      await untilSo(async () => (await coordinator.ledger.run('r-2'))?.state === 'finished');
    });

    it('outlive a database that is away for longer than they are patient', async () => {
      await using own = await startPostgres({durable: true});
      const url = await own.newDatabase();
      const held = Promise.withResolvers<void>();
      const done: string[] = [];
      {
        await using coordinator = await openCoordinator(url);
        await startQueued(coordinator, 'r-1', [makeJob(1, 'api')]);
      }
      const execute = async ({job, takes}: TakenJob): Promise<void> => {
        done.push(`${job.id} ${takes}`);
        if (done.length === 1) await held.promise;
      };
      await using worker = await openWorkerRig(url, {name: 'a', patienceMs: 300, execute});
      await untilSo(() => done.length === 1);
      await using _idle = await openWorkerRig(url, {name: 'idle', patienceMs: 300, execute, labels: ['idle']});
      own.stop();
      held.resolve();
      await untilSo(() => worker.notes.some(text => text.startsWith('job 1 of r-1 goes back to the queue: ')));
      await new Promise(resolve => setTimeout(resolve, 3_000));
      own.start();
      await using coordinator = await openCoordinator(url);
      await untilSo(async () => (await coordinator.ledger.run('r-1'))?.state === 'finished', 45_000);
      expect(done.length).toBe(2);
      expect((await coordinator.ledger.workers()).map(({id}) => id)).toEqual(['a', 'idle']);
      await startQueued(coordinator, 'r-2', [makeJob(1, 'api', {needs: ['idle']})]);
      await untilSo(async () => (await coordinator.ledger.run('r-2'))?.state === 'finished');
    });

    it.each([
      ['stopped', {control: {stop: 'gracefully', paused: false}}],
      ['deadline', {deadlineAt: Date.now() - 1_000}],
    ] as const)('end what no worker fits when the run is over: %s', async (reason, fields) => {
      const url = await server.newDatabase();
      await using coordinator = await openCoordinator(url);
      const {ledger} = coordinator;
      const jobs = [makeJob(1, 'api', {needs: ['gpu', 'eu']}), makeJob(2, 'web', {needs: ['gpu']})];
      await startQueued(coordinator, 'r-1', jobs, fields);
      // One of them was begun by a worker that is not heard of any more.
      await ledger.takeJob('r-1', '2', 'gone');
      await using _worker = await openWorkerRig(url, {name: 'plain'});
      await untilSo(async () => (await ledger.run('r-1'))?.state === 'finished');
      const ended = await ledger.jobs('r-1');
      expect(ended.map(({detail}) => detail?.outcome)).toMatchObject([
        {status: 'not-started', reason},
        {status: 'not-started', reason},
      ]);
    });

    it('execute a run that is not parallel one job at a time, in the order of the plan, whoever is free', async () => {
      const url = await server.newDatabase();
      await using coordinator = await openCoordinator(url);
      const jobs = Array.from({length: 8}, (_, index) => makeJob(index, `repo-${index}`));
      const order: string[] = [];
      let atOnce = 0;
      let most = 0;
      const execute = async ({job}: {job: {repo: string}}): Promise<void> => {
        most = Math.max(most, ++atOnce);
        order.push(job.repo);
        await new Promise(resolve => setTimeout(resolve, 60));
        atOnce--;
      };
      await startQueued(coordinator, 'r-1', jobs, {parallel: false});
      await using _a = await openWorkerRig(url, {name: 'a', execute, maxWorkers: 4});
      await using _b = await openWorkerRig(url, {name: 'b', execute, maxWorkers: 4});
      await untilSo(async () => (await coordinator.ledger.run('r-1'))?.state === 'finished');
      expect({most, order}).toEqual({most: 1, order: jobs.map(({repo}) => repo)});
    });

    it('open a run anew that was resumed, so that nothing of its first part holds', async () => {
      const url = await server.newDatabase();
      await using coordinator = await openCoordinator(url);
      const {ledger, queue} = coordinator;
      const jobs = [makeJob(1, 'api'), makeJob(2, 'web')];
      await startQueued(coordinator, 'r-1', jobs);
      let opened = 0;
      await using _worker = await openWorkerRig(url, {name: 'a', open: async () => void opened++});
      await untilSo(async () => (await ledger.run('r-1'))?.state === 'finished');
      for (let round = 2; round <= 3; round++) {
        expect(await ledger.reopenSharedRun('r-1', ['2'], await queue.enqueue('r-1', [jobs[1]!]))).toBe(true);
        await untilSo(async () => (await ledger.run('r-1'))?.state === 'finished');
        expect(opened).toBe(round);
      }
      expect(await ledger.run('r-1')).toMatchObject({resumedAt: expect.any(Number)});
      expect(unchangedEnd.detail.attempts).toBe(0);
    });
  },
);
