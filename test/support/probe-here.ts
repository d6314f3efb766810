import {defaultSandboxSettings} from '../../src/domain/sandbox.ts';
import {openSandbox} from '../../src/sandbox/open-sandbox.ts';

// Prints what became of the attacks, as whatever user this runs. argv are the hosts that commands may reach.
const opened = await openSandbox({...defaultSandboxSettings, network: process.argv.slice(2)});
console.log(JSON.stringify(opened.fault ?? opened.probe));
