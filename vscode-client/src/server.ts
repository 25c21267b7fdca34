import * as vscode from 'vscode';
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } from 'vscode-languageclient/node';
import { selector } from './documents';
import { ISOLATED, WORKING_FOLDER, findPython, onDidChangePython, type Python } from './python';
import { SECTION, configuration } from './settings';

const STOP_TIMEOUT_MS = 3_000;
/** A server that ends by itself is started again, unless the one before lived no longer than this. */
const STABLE_AFTER_MS = 180_000;

/** Logs every failure and shows none: {@link Server} tells of them, once and with a way out. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** The one language server of this window: started, stopped and replaced in order, its failures told once. */
export class Server implements vscode.Disposable {
  private readonly launcher: string;
  private client: LanguageClient | undefined;
  private python: Python | undefined;
  private pythonChanges: vscode.Disposable | undefined;
  private startedAt = 0;
  private lastCrash = -Infinity;
  private told: string | undefined;
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
        await this.startClient();
      }
    });
  }

  /** Stops the server; resolves when its process has ended or was killed. */
  stop(): Promise<void> {
    this.wanted = false;
    return this.enqueue(() => this.stopClient());
  }

  dispose(): void {
    this.pythonChanges?.dispose();
    void this.stop();
  }

  private enqueue(step: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(step).catch((error: unknown) => this.log.error(String(error)));
    return this.queue;
  }

  private async startClient(): Promise<void> {
    const found = await findPython(this.launcher, this.log);
    this.pythonChanges ??= onDidChangePython(() => void this.refresh());
    if ('problem' in found) {
      this.tell(found.problem, 'Open Setting');
      return;
    }
    this.python = found.python;
    const { command, args, source } = found.python;
    this.log.info(`starting with ${[command, ...args].join(' ')} (${source})`);
    const client = this.createClient(found.python);
    this.client = client;
    this.startedAt = Date.now();
    try {
      await client.start();
      this.told = undefined;
    } catch (error) {
      this.log.error(String(error));
      if (this.client === client) {
        this.client = undefined;
      }
      await client.dispose(STOP_TIMEOUT_MS).catch(() => undefined);
      this.tell(`prebake's server did not start with ${command}.`, 'Restart');
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
      middleware: { workspace: { configuration } },
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
        this.tell("prebake's server has ended unexpectedly twice and was not started again.", 'Restart');
      }
    });
  }

  private tell(problem: string, remedy: 'Open Setting' | 'Restart'): void {
    this.log.error(problem);
    if (this.told === problem) {
      return;
    }
    this.told = problem;
    void vscode.window.showErrorMessage(problem, remedy, 'Show Log').then((choice) => {
      if (choice === 'Open Setting') {
        void vscode.commands.executeCommand('workbench.action.openSettings', `${SECTION}.interpreter`);
      } else if (choice === 'Restart') {
        void this.restart();
      } else if (choice === 'Show Log') {
        this.log.show();
      }
    });
  }
}
