"""What kind of request is a call of a tool, and can it change anything?

Agents name their tools themselves; a name is compared in lower case without ``_``, ``-``, ``.`` and spaces.
A shell or a tool of an MCP server may do anything: whether it only reads is not told by its name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_KINDS: Final = {  # spelled name -> (kind of request, only reads)
    **dict.fromkeys(
        (
            "bash", "shell", "execcommand", "localshell", "localshellcall", "containerexec", "unifiedexec",
            "writestdin", "runshellcommand", "shellcommand", "powershell", "pwsh", "terminal",
            "runinterminal", "runterminalcmd", "runcommand", "command", "exec", "repl", "monitor",
            "shelltool", "readbash", "writebash", "stopbash", "killshell", "killbash",
        ),
        ("command", None),
    ),
    **dict.fromkeys(
        (
            "edit", "multiedit", "write", "notebookedit", "applypatch", "patch", "writefile", "replace",
            "strreplace", "create", "createfile", "editfile",
            "insertedit", "inserteditintofile", "replacestringinfile", "multireplacestringinfile",
            "editnotebookfile", "editnotebook", "deletefile", "delete", "savememory",
        ),
        ("edit", False),
    ),
    **dict.fromkeys(("strreplaceeditor", "strreplacebasededittool"), ("edit", None)),  # it can view, too
    **dict.fromkeys(
        (
            "read", "view", "glob", "grep", "ls", "list", "notebookread", "readfile", "readmanyfiles",
            "listdirectory", "listdir", "globsearch", "filesearch", "grepsearch", "searchfilecontent",
            "viewimage", "codebasesearch", "semanticsearch", "rg", "geterrors", "toolsearch",
            "bashoutput", "taskoutput", "agentoutput", "todoread", "taskget", "tasklist", "lsp",
        ),
        ("read", True),
    ),
    **dict.fromkeys(
        ("websearch", "googlewebsearch", "websearchpreview", "searchweb"),
        ("fetch", True),
    ),
    **dict.fromkeys(
        ("webfetch", "fetch", "url", "fetchwebpage", "openurl", "browser", "fetchurl"),
        ("fetch", None),  # an address can carry data away
    ),
    **dict.fromkeys(
        ("mcptool", "mcp", "mcptoolcall", "listmcpresourcestool", "readmcpresourcetool", "usemcptool"),
        ("mcp", None),
    ),
    **dict.fromkeys(("exitplanmode", "exitplanmodev2", "submitplan"), ("plan", None)),
    **dict.fromkeys(
        ("askuserquestion", "askuser", "requestuserinput", "question", "askquestion"), ("question", None)
    ),
    **dict.fromkeys(  # the agent's own lists, which are no files of anybody
        (
            "todowrite", "updateplan", "reportintent", "enterplanmode", "taskcreate", "taskupdate",
            "writetodos",
        ),
        ("other", True),
    ),
}  # fmt: skip
_IGNORED: Final = re.compile(r"[\s_.-]+")
_MCP: Final = re.compile(r"^mcp__|^mcp_(?!tool$)|^mcp[.:/]")


def request_kind(tool_name: str | None) -> str | None:
    """Kind of request that a call of the tool is, in words of the contract; None without a name.

    >>> [request_kind(name) for name in ("Bash", "run_shell_command", "apply_patch", "mcp__jira__search")]
    ['command', 'command', 'edit', 'mcp']
    >>> [request_kind(name) for name in ("ExitPlanMode", "AskUserQuestion", "Task", None)]
    ['plan', 'question', 'other', None]
    """
    return _known(tool_name)[0] if tool_name else None


def is_read_only(tool_name: str | None) -> bool | None:
    """Whether the tool can change nothing; None where its name does not tell.

    >>> [is_read_only(name) for name in ("Read", "google_web_search", "Write", "Bash", "mcp__jira__search")]
    [True, True, False, None, None]
    """
    return _known(tool_name)[1] if tool_name else None


@lru_cache(maxsize=4096)
def _known(tool_name: str) -> tuple[str, bool | None]:
    plain = tool_name.strip().lower()
    is_of_server = _MCP.match(plain) is not None
    return ("mcp", None) if is_of_server else _KINDS.get(_IGNORED.sub("", plain), ("other", None))
