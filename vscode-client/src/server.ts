import * as vscode from 'vscode';
import {
  CloseAction,
  DidChangeConfigurationNotification,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  WorkDoneProgressCancelNotification,
} from 'vscode-languageclient/node';
import { selector } from './documents';
import {
  ISOLATED,
  WORKING_FOLDER,
  commandLine,
  findPython,
  interpreterFile,
  onDidChangePython,
  watchFiles,
  type Found,
  type Python,
} from './python';
import { SECTION, configuration, features } from './settings';
import { State } from './state';

const STOP_TIMEOUT_MS = 3_000;
/** A server that ends by itself is started again, unless the one before lived no longer than this. */
const STABLE_AFTER_MS = 180_000;
/** An upgrade, or an environment that is made anew, removes Python for a while: it is looked for only afterwards. */
const UPGRADE_MS = 5_000;
/** Without a server there is less to wait for when Python comes back: that all of it has. */
const RETURN_MS = 1_000;

/** Logs every failure and shows none: {@link Server} tells of them, once and with a way out. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The one language server of this window: started, stopped and replaced in order, its failures told once. */
export class Server implements vscode.Disposable {
  readonly state = new State();
  readonly launcher: string;
  private client: LanguageClient | undefined;
  private python: Python | undefined;
  private pythonChanges: vscode.Disposable | undefined;
  private watched: vscode.Disposable | undefined;
  private upgrade: NodeJS.Timeout | undefined;
  private told: string | undefined;
  private features = features();
  private startedAt = 0;
  private lastCrash = -Infinity;
  private queue: Promise<void> = Promise.resolve();

  constructor(
    context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.launcher = context.asAbsolutePath('launch.py');
  }

  /** Whether starting was ever asked for. */
  wanted = false;

  /** Starts the server, or replaces the running one; any failure is told, also one told before. */
  restart(): Promise<void> {
    this.wanted = true;
    return this.enqueue(async () => {
      this.told = undefined;
      this.lastCrash = -Infinity;
      await this.stopClient();
      await this.startClient();
    });
  }

  /** Looks for Python again and replaces the server only if another one is found, or none is running. */
  refresh(): Promise<void> {
    return this.enqueue(async () => {
      if (!this.wanted) {
        return;
      }
      if (!this.client) {
        await this.startClient();
        return;
      }
      const found = await findPython(this.launcher, this.log);
      if ('python' in found && found.python.command !== this.python?.command) {
        await this.stopClient();
        await this.startClient(found);
      }
    });
  }

  /** Other extensions may have come or gone: tells the server if that changes which features it is to offer. */
  refreshFeatures(): void {
    const wanted = features();
    if (wanted !== this.features) {
      this.features = wanted;
      void this.client?.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
    }
  }

  /** Asks the server to stop measuring. */
  stopWork(): void {
    for (const token of this.state.tokens) {
      void this.client?.sendNotification(WorkDoneProgressCancelNotification.type, { token });
    }
  }

  /** Stops the server; resolves when its process has ended or was killed. */
  stop(): Promise<void> {
    this.wanted = false;
    clearTimeout(this.upgrade);
    this.watched?.dispose();
    return this.enqueue(async () => {
      await this.stopClient();
      this.state.phase = { kind: 'idle' };
    });
  }

  dispose(): void {
    this.pythonChanges?.dispose();
    void this.stop().then(() => this.state.dispose());
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step).catch((error: unknown) => this.log.error(String(error)));
    return this.queue;
  }

  private async startClient(already?: Found): Promise<void> {
    this.state.phase = { kind: 'starting' };
    const found = already ?? (await findPython(this.launcher, this.log));
    this.pythonChanges ??= onDidChangePython(() => void this.refresh());
    this.watch(found);
    if ('problem' in found) {
      this.fail(found.problem, 'Choose Python');
      return;
    }
    this.python = found.python;
    const { command, source, version } = found.python;
    this.log.info(`starting with ${commandLine(found.python)} (${source}), Python ${version}`);
    const client = this.createClient(found.python);
    this.client = client;
    this.startedAt = Date.now();
    try {
      await client.start();
      this.told = undefined;
      this.state.phase = { kind: 'running', python: found.python };
    } catch (error) {
      this.log.error(String(error));
      if (this.client === client) {
        this.client = undefined;
      }
      await client.dispose(STOP_TIMEOUT_MS).catch(() => undefined);
      this.fail(`prebake's server did not start with ${command}.`, 'Restart');
    }
  }

  private async stopClient(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    try {
      await client?.dispose(STOP_TIMEOUT_MS);
    } catch (error) {
      this.log.warn(`the server did not stop in order: ${String(error)}`);
    }
  }

  /** Follows the Python that was found, or that the setting names: it may be upgraded, removed and come back. */
  private watch(found: Found): void {
    this.watched?.dispose();
    const named = interpreterFile();
    const files = 'python' in found ? [found.python.command, found.python.executable] : named ? [named] : [];
    this.watched = watchFiles(files, () => {
      clearTimeout(this.upgrade);
      this.upgrade = setTimeout(() => void this.upgraded(), this.client ? UPGRADE_MS : RETURN_MS);
    });
  }

  /** Python was replaced under the server, which may not find its standard library any more: it is started anew. */
  private upgraded(): Promise<void> {
    return this.enqueue(async () => {
      if (this.wanted) {
        this.log.info('Python has changed on disk');
        await this.stopClient();
        await this.startClient();
      }
    });
  }

  private createClient(python: Python): LanguageClient {
    const server = {
      command: python.command,
      args: [...python.args, ...ISOLATED, this.launcher],
      options: { cwd: WORKING_FOLDER },
    };
    const client: LanguageClient = new QuietClient(SECTION, 'prebake', server, {
      documentSelector: selector,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      // On focus too: what was typed in another file a moment ago may have changed the findings of this one.
      diagnosticPullOptions: { onChange: true, onSave: false, onFocus: true },
      middleware: {
        workspace: { configuration },
        // Shown in the status item, so not a second time by VS Code.
        handleWorkDoneProgress: (token, value, next) => {
          this.state.report(token, value);
          if (value.kind === 'end') {
            next(token, value);
          }
        },
      },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.crashed(client);
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    });
    return client;
  }

  /** The server has ended by itself: one more try if it had lived for a while, one message if it had not. */
  private crashed(client: LanguageClient): void {
    if (this.client !== client || !client.isRunning()) {
      return; // Stopped on purpose, or still starting: `startClient` hears of it.
    }
    this.client = undefined;
    const now = Date.now();
    const again = now - this.startedAt > STABLE_AFTER_MS || now - this.lastCrash > STABLE_AFTER_MS;
    this.lastCrash = now;
    void this.enqueue(async () => {
      await client.dispose(STOP_TIMEOUT_MS).catch(() => undefined);
      if (again && this.wanted && !this.client) {
        this.log.warn('the server has ended unexpectedly and is started once more');
        await this.startClient();
      } else if (!again) {
        this.fail("prebake's server has ended unexpectedly twice and was not started again.", 'Restart');
      }
    });
  }

  private fail(problem: string, remedy: 'Choose Python' | 'Restart'): void {
    this.state.phase = { kind: 'failed', problem };
    this.log.error(problem);
    if (this.told === problem) {
      return;
    }
    this.told = problem;
    void vscode.window.showErrorMessage(problem, remedy, 'Show Log').then((choice) => {
      if (choice === 'Choose Python') {
        void vscode.commands.executeCommand('prebake.selectInterpreter');
      } else if (choice === 'Restart') {
        void this.restart();
      } else if (choice === 'Show Log') {
        this.log.show();
      }
    });
  }
}
