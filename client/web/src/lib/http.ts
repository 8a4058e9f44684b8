/** One way to call `/api/v1`: JSON in, JSON out, and every failure as a [`Problem`] with a code. */
import type { Problem } from '../wire';
import { noteRelayTime } from './clock.svelte';

export class ApiError extends Error {
  readonly problem: Problem;
  readonly status: number;

  constructor(problem: Problem, status: number) {
    super(problem.message);
    this.problem = problem;
    this.status = status;
  }
}

/** The problem to show for whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof ApiError) return thrown.problem;
  return { code: 'failed', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

export async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const response = await send(method, path, body);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export async function fetchFile(path: string): Promise<Blob> {
  return (await send('GET', path)).blob();
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  const request: RequestInit = { method, credentials: 'same-origin', cache: 'no-store' };
  if (method !== 'GET') {
    request.headers = { 'content-type': 'application/json' };
    request.body = JSON.stringify(body ?? {});
  }
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, request);
  } catch {
    throw new ApiError({ code: 'unreachable', message: 'the relay can not be reached' }, 0);
  }
  noteRelayTime(response.headers.get('date'));
  if (response.ok) return response;
  throw new ApiError(await readProblem(response), response.status);
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    const problem = (await response.json()) as Partial<Problem>;
    if (typeof problem.code === 'string' && typeof problem.message === 'string') {
      return { code: problem.code, message: problem.message };
    }
  } catch {
    // Not one of ours, a proxy's page perhaps: the status is all that is known.
  }
  return { code: 'failed', message: `the relay answered with status ${response.status}` };
}
