import * as vscode from 'vscode';
import { isDocker } from './documents';
import { commandLine } from './python';
import type { Server } from './server';
import type { State } from './state';

/** `source` of the server's diagnostics. */
const SOURCE = 'prebake';

const TITLES = { idle: 'prebake waits for a Dockerfile', starting: 'prebake is starting', running: 'prebake is running' };

/** How many findings there are, by document: those that the Problems view lists, so hints are left out. */
class Counts {
  private readonly byDocument = new Map<string, number>();

  update(uris: readonly vscode.Uri[]): void {
    for (const uri of uris) {
      const count = vscode.languages
        .getDiagnostics(uri)
        .filter((one) => one.source === SOURCE && one.severity !== vscode.DiagnosticSeverity.Hint).length;
      if (count) {
        this.byDocument.set(uri.toString(), count);
      } else {
        this.byDocument.delete(uri.toString());
      }
    }
  }

  in(document: vscode.TextDocument | undefined): number {
    return document ? (this.byDocument.get(document.uri.toString()) ?? 0) : 0;
  }

  get total(): number {
    return [...this.byDocument.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** The item in the status bar: whether the server waits, measures or has failed, and what it has found. */
export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('prebake.status', vscode.StatusBarAlignment.Right, 100);
  private readonly counts = new Counts();
  private readonly subscriptions: vscode.Disposable[];

  constructor(private readonly state: State) {
    this.item.name = 'prebake';
    this.item.command = 'prebake.showStatus';
    this.counts.update(vscode.languages.getDiagnostics().map(([uri]) => uri));
    this.subscriptions = [
      state.onDidChange(() => this.show()),
      vscode.window.onDidChangeActiveTextEditor(() => this.show()),
      vscode.languages.onDidChangeDiagnostics((event) => {
        this.counts.update(event.uris);
        this.show();
      }),
    ];
    this.show();
  }

  /** Findings of the document in the active editor, and of all documents. */
  get findings(): { here: number; total: number } {
    return { here: this.counts.in(vscode.window.activeTextEditor?.document), total: this.counts.total };
  }

  dispose(): void {
    this.subscriptions.forEach((one) => one.dispose());
    this.item.dispose();
  }

  private show(): void {
    const { phase, work } = this.state;
    const document = vscode.window.activeTextEditor?.document;
    const { here, total } = this.findings;
    const failed = phase.kind === 'failed';
    this.item.backgroundColor = failed ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    const lines: string[] = [];
    if (failed) {
      this.item.text = '$(error) prebake';
      lines.push(phase.problem);
    } else if (phase.kind === 'starting') {
      this.item.text = '$(sync~spin) prebake';
      lines.push('prebake is starting');
    } else if (phase.kind === 'running') {
      const count = here || total;
      this.item.text = work
        ? `$(sync~spin) prebake ${work.message}`.trim()
        : here
          ? `$(warning) prebake ${here}`
          : '$(check) prebake';
      lines.push(
        count ? `prebake: ${findings(here)} in this file, ${findings(total)} in all open and checked files` : 'prebake finds nothing',
        ...(work ? [`${work.title}: ${work.message}`] : []),
        `Python ${phase.python.version}: ${commandLine(phase.python)}`,
      );
    }
    this.item.tooltip = lines.join('\n');
    this.item.accessibilityInformation = { label: lines.join(', ') };
    const concerned = work !== undefined || here > 0 || (document !== undefined && isDocker(document));
    if (failed || (concerned && phase.kind !== 'idle')) {
      this.item.show();
    } else {
      this.item.hide();
    }
  }
}

function findings(count: number): string {
  return count === 1 ? '1 finding' : `${count} findings`;
}

/** Offers what can be done in the state that the server is in: the click on the status item. */
export async function showStatus(server: Server, status: StatusItem): Promise<void> {
  const { phase, work } = server.state;
  const { here, total } = status.findings;
  const actions: (vscode.QuickPickItem & { run: () => unknown })[] = [];
  const offer = (label: string, description: string, run: () => unknown) => actions.push({ label, description, run });
  const command = (name: string, ...args: unknown[]) => () => vscode.commands.executeCommand(name, ...args);
  if (work) {
    offer('$(debug-stop) Stop Measuring', work.title, () => server.stopWork());
  }
  if (total) {
    const where = `${here} in this file, ${total} in all`;
    offer('$(list-unordered) Show Problems', where, command('workbench.actions.view.problems'));
  }
  if (here) {
    offer('$(wand) Fix All That Is Safe', 'in this file', command('prebake.fixAll'));
  }
  offer('$(refresh) Restart Server', 'looks for Python again', command('prebake.restart'));
  const python = phase.kind === 'running' ? `now ${phase.python.version}, ${commandLine(phase.python)}` : '';
  offer('$(snake) Choose Python...', python, command('prebake.selectInterpreter'));
  offer('$(output) Show Log', '', command('prebake.showLog'));
  offer('$(gear) Open Settings', '', command('workbench.action.openSettings', '@ext:prebake.prebake'));
  const title = phase.kind === 'failed' ? phase.problem : TITLES[phase.kind];
  const chosen = await vscode.window.showQuickPick(actions, { title, placeHolder: 'What do you want to do?' });
  await chosen?.run();
}
