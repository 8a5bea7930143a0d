# GDB started in this folder knows Paddock: its helpers, and the guest that `make debug-server` has started.
# GDB loads this file only where ~/.config/gdb/gdbinit has the line
#	add-auto-load-safe-path /path/to/this/folder/.gdbinit
# (GDB prints it, too). `make debug` does not need that.
source tools/gdb/paddock.py
python connect.start()
