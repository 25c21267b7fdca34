import * as vscode from 'vscode';
import type { ProgressToken, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport } from 'vscode-languageclient/node';
import type { Python } from './python';

/** What the server is up to. `idle`: nothing has asked for it yet, or it was stopped for good. */
export type Phase =
  | { readonly kind: 'idle' | 'starting' }
  | { readonly kind: 'running'; readonly python: Python }
  | { readonly kind: 'failed'; readonly problem: string };

/** A change of any kind of `$/progress` for work that the server does by itself. */
type WorkDone = WorkDoneProgressBegin | WorkDoneProgressReport | WorkDoneProgressEnd;

/** Something that the server works at, for a person to read. */
export interface Work {
  readonly title: string;
  readonly message: string;
}

/** The state of the server, and whoever wants to know of it. */
export class State implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly works = new Map<ProgressToken, Work>();
  private current: Phase = { kind: 'idle' };

  readonly onDidChange = this.changed.event;

  get phase(): Phase {
    return this.current;
  }

  set phase(phase: Phase) {
    this.current = phase;
    this.works.clear(); // whatever the server before this one was at is over
    this.changed.fire();
  }

  /** What the server works at, the oldest first; undefined when it only waits for the next edit. */
  get work(): Work | undefined {
    return this.works.values().next().value;
  }

  /** The tokens of what the server works at, by which it can be asked to stop. */
  get tokens(): ProgressToken[] {
    return [...this.works.keys()];
  }

  /** Takes in what the server tells of its work. */
  report(token: ProgressToken, value: WorkDone): void {
    if (value.kind === 'end') {
      this.works.delete(token);
    } else {
      const title = value.kind === 'begin' ? value.title : (this.works.get(token)?.title ?? '');
      this.works.set(token, { title, message: value.message ?? '' });
    }
    this.changed.fire();
  }

  dispose(): void {
    this.changed.dispose();
  }
}
