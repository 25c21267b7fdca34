---@brief
--- prebake, the language server for Dockerfiles of machine-learning projects, in Neovim 0.11 or newer.
---
--- Put this file into `lsp/` of a folder on the runtime path (for example `~/.config/nvim/lsp/prebake.lua`), then
---
---     vim.lsp.enable('prebake')
---
--- Settings: `vim.lsp.config('prebake', { settings = { prebake = { ignore = { 'PB206' } } } })`.

local SKIPPED = { ['.git'] = true, ['node_modules'] = true, ['.venv'] = true, ['venv'] = true, ['__pycache__'] = true }
-- A project is searched for a Dockerfile as soon as one of its Python files is opened, but not through data folders.
local MOST_ENTRIES = 5000

local function is_ignore_file(name)
  return vim.endswith(name, '.containerignore') or vim.endswith(name, '.dockerignore')
end

local function is_dockerfile(name)
  return not is_ignore_file(name)
    and (vim.startswith(name, 'Dockerfile') or vim.startswith(name, 'Containerfile') or name:lower():match('%.dockerfile$') ~= nil)
end

local function is_compose_file(name)
  return name:match('^compose.*%.ya?ml$') ~= nil or name:match('^docker%-compose.*%.ya?ml$') ~= nil
end

-- Whether there is a Dockerfile in one of the folders from `folder` up to `root`, or directly below one of them.
local function has_dockerfile(folder, root)
  local seen = 0
  local skip = function(below) return not SKIPPED[vim.fs.basename(below)] end
  while vim.startswith(folder, root) do
    for path, kind in vim.fs.dir(folder, { depth = 2, skip = skip }) do
      seen = seen + 1
      if seen > MOST_ENTRIES then
        return false
      end
      if kind == 'file' and is_dockerfile(vim.fs.basename(path)) then
        return true
      end
    end
    if folder == root then
      return false
    end
    folder = vim.fs.dirname(folder)
  end
  return false
end

return {
  cmd = { 'prebake', 'server' },
  -- Ignore files are `gitignore` here, and `Dockerfile.dockerignore` is `dockerfile`; `root_dir` goes by the name.
  filetypes = { 'dockerfile', 'gitignore', 'python', 'sh', 'bash', 'yaml', 'yaml.docker-compose' },
  get_language_id = function(bufnr, filetype)
    if is_ignore_file(vim.fs.basename(vim.api.nvim_buf_get_name(bufnr))) then
      return 'ignore'
    end
    return ({ sh = 'shellscript', bash = 'shellscript', ['yaml.docker-compose'] = 'dockercompose' })[filetype] or filetype
  end,
  root_dir = function(bufnr, on_dir)
    local path = vim.api.nvim_buf_get_name(bufnr)
    local name, filetype = vim.fs.basename(path), vim.bo[bufnr].filetype
    if (filetype == 'gitignore' and not is_ignore_file(name)) or (vim.startswith(filetype, 'yaml') and not is_compose_file(name)) then
      return
    end
    local folder = vim.fs.dirname(path)
    local root = vim.fs.root(path, '.git') or vim.fs.root(path, is_dockerfile)
    if filetype == 'dockerfile' or filetype == 'gitignore' then
      on_dir(root or folder)
    elseif root and has_dockerfile(folder, root) then
      on_dir(root)
    end
  end,
}
