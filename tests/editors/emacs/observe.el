;;; observe.el --- what the suite asks a running Emacs  -*- lexical-binding: t; -*-

;;; Commentary:

;; Loaded after the user's init file.  Listens on the socket of `emacsclient'; each function gives something that
;; `json-encode' takes.  OBSERVE_FOLDER is where the socket is.

;;; Code:

(require 'flymake)
(require 'json)
(require 'server)

(setq server-socket-dir (getenv "OBSERVE_FOLDER"))
(server-start)

(defun observe-buffer (file)
  "The mode of FILE's buffer, and the root and the program of the server that it is attached to, if it is."
  (let ((buffer (get-file-buffer file)))
    (when buffer
      (with-current-buffer buffer
        (let ((server (and (featurep 'eglot) (eglot-managed-p) (eglot-current-server))))
          (append (list :mode (symbol-name major-mode) :name (format-mode-line mode-name)
                        :attached (if server t :json-false))
                  (when server
                    (list :root (project-root (eglot--project server))
                          :program (car (process-command (jsonrpc--process server)))))))))))

(defun observe-findings (file)
  "The findings that Flymake shows in FILE's buffer: code, kind, text that is underlined, message."
  (let ((buffer (get-file-buffer file)))
    (vconcat
     (when buffer
       (with-current-buffer buffer
         (mapcar (lambda (shown)
                   (list :code (plist-get (cdr (assq 'eglot-lsp-diag (flymake-diagnostic-data shown))) :code)
                         :kind (symbol-name (flymake-diagnostic-type shown))
                         ;; Text that was shortened is still marked until the next findings come.
                         :on (buffer-substring-no-properties (min (point-max) (flymake-diagnostic-beg shown))
                                                             (min (point-max) (flymake-diagnostic-end shown)))
                         :message (flymake-diagnostic-text shown)))
                 (flymake-diagnostics)))))))

(defun observe-text (file)
  "The text of FILE's buffer, saved or not."
  (let ((buffer (get-file-buffer file)))
    (when buffer
      (with-current-buffer buffer
        (buffer-substring-no-properties (point-min) (point-max))))))

(defun observe-question ()
  "What the minibuffer asks for, and what there is to choose from."
  (let ((window (active-minibuffer-window)))
    (when window
      (with-selected-window window
        (list :prompt (minibuffer-prompt)
              :choices (vconcat (when minibuffer-completion-table
                                  (all-completions "" minibuffer-completion-table))))))))

(defun observe-line ()
  "The line that point is on in the selected window."
  (with-current-buffer (window-buffer (selected-window))
    (buffer-substring-no-properties (line-beginning-position) (line-end-position))))

(defun observe-explanation ()
  "What ElDoc tells of what is at point."
  (let ((buffer (bound-and-true-p eldoc--doc-buffer)))
    (when (buffer-live-p buffer)
      (with-current-buffer buffer
        (buffer-substring-no-properties (point-min) (point-max))))))

(defun observe-outline (file)
  "What Imenu offers in FILE's buffer."
  (with-current-buffer (get-file-buffer file)
    (format "%S" (imenu--make-index-alist t))))

(defun observe-logs ()
  "What Emacs and the server said."
  (mapconcat (lambda (buffer)
               (if (string-match-p "\\`\\(?:\\*Messages\\*\\|\\*EGLOT.*stderr\\*\\)\\'" (buffer-name buffer))
                   (with-current-buffer buffer (buffer-substring-no-properties (point-min) (point-max)))
                 ""))
             (buffer-list) ""))

(defun observe-stop ()
  "Leave Emacs, after its servers."
  (when (featurep 'eglot)
    (eglot-shutdown-all))
  (kill-emacs))

;;; observe.el ends here
