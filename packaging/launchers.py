"""The files on a stick that start the program or check the stick, one pair for each system."""

from __future__ import annotations

NAMES = {"linux": "start-outpost.sh", "windows": "Start Outpost.cmd", "verify": "Check stick.cmd / check-stick.sh"}
"""As the page "Start here" calls them."""

FOR_LINUX = """\
#!/bin/sh
# Starts the program on this stick. A stick that marks nothing as executable is no hindrance: the loader runs it.
here=$(cd -- "$(dirname -- "$0")" && pwd) || exit 1
program="$here/outpost-linux/outpost"
if [ ! -f "$program" ]; then
    echo "This stick holds no program for Linux. Have it written again." >&2
    exit 1
fi
if "$program" --version >/dev/null 2>&1; then
    exec "$program" {command}"$@"
fi
loader=/lib64/ld-linux-x86-64.so.2
if [ -x "$loader" ] && "$loader" "$program" --version >/dev/null 2>&1; then
    exec "$loader" "$program" {command}"$@"
fi
echo "This computer does not let programs run from the stick, or is not a 64-bit PC." >&2
echo "Copy the folder outpost-linux to the computer's own disk, and start “outpost” there in a terminal." >&2
exit 1
"""
FOR_WINDOWS = """\
@echo off
chcp 65001 >nul
if not exist "%~dp0outpost-windows\\outpost.exe" (
    echo This stick holds no program for Windows. Have it written again with one.
    pause
    exit /b 1
)
"%~dp0outpost-windows\\outpost.exe" {command}%*
{pause}
"""
LAUNCHERS = {
    "start-outpost.sh": FOR_LINUX.format(command=""),
    "check-stick.sh": FOR_LINUX.format(command="verify "),
    "Start Outpost.cmd": FOR_WINDOWS.format(command="", pause="if errorlevel 1 pause"),
    "Check stick.cmd": FOR_WINDOWS.format(command="verify ", pause="pause"),
}


def text_of(name: str) -> bytes:
    """Give a launcher as its system reads it: Windows wants its own ends of lines."""
    text = LAUNCHERS[name]
    return (text.replace("\n", "\r\n") if name.endswith(".cmd") else text).encode("utf-8")
