package bench

import "golang.org/x/sys/unix"

// inMemory tells whether a directory is in memory, where a sync costs nothing.
func inMemory(dir string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(dir, &fs) == nil && (fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC)
}
