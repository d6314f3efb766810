import type {Io} from './io.ts';

export interface TraceSettings {
  /** Where spans go; absent when they go nowhere. */
  readonly url?: string;
  readonly serviceName: string;
  /** Why they go nowhere though somebody has asked for them. */
  readonly fault?: string;
}

/** What the variables of OpenTelemetry say. Never throws: a night does not depend on who watches it. */
export function traceSettings(env: Io['env']): TraceSettings {
  const serviceName = env['OTEL_SERVICE_NAME'] || nameInResource(env['OTEL_RESOURCE_ATTRIBUTES']) || 'orchestrator';
  const name = ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'OTEL_EXPORTER_OTLP_ENDPOINT'].find(each => env[each]);
  const exporters = (env['OTEL_TRACES_EXPORTER'] || 'otlp').split(',').map(each => each.trim());
  if (name === undefined || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || exporters.includes('none'))
    return {serviceName};
  if (!exporters.includes('otlp'))
    return {
      serviceName,
      fault: 'no spans are sent: OTEL_TRACES_EXPORTER names no exporter but "otlp" that is known here',
    };
  const address = env[name]!;
  // The value may hold a password, so it is not repeated.
  if (!isHttp(address))
    return {serviceName, fault: `no spans are sent: ${name} is no address such as "http://localhost:4318"`};
  return {serviceName, url: name.includes('TRACES') ? address : `${address.replace(/\/+$/, '')}/v1/traces`};
}

function isHttp(address: string): boolean {
  return /^https?:$/.test(URL.parse(address)?.protocol ?? '');
}

function nameInResource(attributes = ''): string | undefined {
  const [, value] = /(?:^|,)\s*service\.name=([^,]*)/.exec(attributes) ?? [];
  return value?.trim();
}
