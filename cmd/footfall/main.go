// Command footfall receives behavioural events from real-estate sites, folds them into sessions and scores, and answers
// questions about them. Each file beside this one holds one command: its flags, and the call that does the work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"

	"footfall/fault"
	"footfall/journal"
	"footfall/server"
	"footfall/store"

	"github.com/alecthomas/kong"
)

// Exit codes, besides 0, 1 for other errors and 2 for wrong usage.
const (
	exitUsage  = 2
	exitFull   = 10 // the disk is full
	exitDamage = 65 // stored data is damaged; the message names the file
	exitNewer  = 73 // the directory was written by a newer footfall
	exitIO     = 74 // a write or sync failed
	exitInUse  = 75 // another process has the directory open
	exitFailed = 1
)

type commands struct {
	LogLevel slog.Level      `help:"Least level of what is logged: debug, info, warn, error." default:"info"`
	Config   kong.ConfigFlag `help:"JSON file with flags, by name." placeholder:"FILE"`

	Serve     serveCmd     `cmd:"" help:"Receive events and answer questions."`
	Import    importCmd    `cmd:"" help:"Import events (NDJSON) or an access log."`
	Check     checkCmd     `cmd:"" help:"Check every invariant of a data directory."`
	Rebuild   rebuildCmd   `cmd:"" help:"Fold the journal again from its beginning."`
	Backup    backupCmd    `cmd:"" help:"Back up a data directory, while a server has it open or not."`
	Verify    verifyCmd    `cmd:"" help:"Read all of a backup or a data directory, check it, and print its digest."`
	Restore   restoreCmd   `cmd:"" help:"Make a data directory from a backup."`
	Backtest  backtestCmd  `cmd:"" help:"Train models of the past on a data directory and tell how they would have done."`
	Erase     eraseCmd     `cmd:"" help:"Erase a person from a data directory, or see that nothing is left of one."`
	Person    personCmd    `cmd:"" help:"What is known of a person."`
	LoginLink loginLinkCmd `cmd:"" help:"Make a link by which the first admin signs in."`
	Keys      keysCmd      `cmd:"" help:"Keys: list, create, rotate, revoke."`
	Users     usersCmd     `cmd:"" help:"Who may sign in: list, invite, disable, enable, reset."`
	Upgrade   upgradeCmd   `cmd:"" help:"Bring a data directory to the newest format."`
	Demo      demoCmd      `cmd:"" help:"Start on an empty directory and replay an access log."`
	Bench     benchCmd     `cmd:"" help:"Load a server, measure it and verify what it holds (flags: bench run --help)."`
	Train     trainCmd     `cmd:"" help:"Train a model on a table."`
	Predict   predictCmd   `cmd:"" help:"The probabilities that a model gives the rows of a table."`
	Explain   explainCmd   `cmd:"" help:"What each feature adds to what an XGBoost model says (exact TreeSHAP)."`
	Health    healthCmd    `cmd:"" help:"Ask a server on this machine whether it is healthy."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

// program is what a command runs with.
type program struct {
	ctx    context.Context // ends at the first signal to stop
	hurry  context.Context // ends at the second
	out    io.Writer
	log    *slog.Logger
	isTerm bool // out is a terminal
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	syscall.Umask(0o077)
	ctx, hurry, stop := stopSignals()
	defer stop()
	var c commands
	parser, err := kong.New(&c, kong.Name("footfall"),
		kong.Description("Tells a real-estate agent which visitor is about to become a client, and why."),
		kong.DefaultEnvars("FOOTFALL"), kong.Configuration(readConfig))
	if err != nil {
		fmt.Fprintln(os.Stderr, "footfall:", err)
		return exitFailed
	}
	chosen, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "footfall:", err)
		return exitUsage
	}
	p := &program{ctx: ctx, hurry: hurry, out: os.Stdout, log: server.NewLog(os.Stderr, c.LogLevel), isTerm: isTerminal(os.Stdout)}
	if err := chosen.Run(p); err != nil {
		fmt.Fprintln(os.Stderr, "footfall:", err)
		return exitCode(err)
	}
	return 0
}

// stopSignals returns contexts that end at the first and at the second signal to stop; stop gives the signals back.
func stopSignals() (first, second context.Context, stop func()) {
	first, endFirst := context.WithCancel(context.Background())
	second, endSecond := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		for _, end := range []func(){endFirst, endSecond} {
			if _, ok := <-signals; !ok {
				return
			}
			end()
		}
	})
	return first, second, func() {
		signal.Stop(signals)
		close(signals)
		waiting.Wait()
		endFirst()
		endSecond()
	}
}

func exitCode(err error) int {
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, store.ErrNewerFormat):
		return exitNewer
	case errors.Is(err, store.ErrInUse):
		return exitInUse
	case errors.Is(err, store.ErrDamaged):
		return exitDamage
	case errors.Is(err, syscall.ENOSPC), fault.From(err).Code == fault.DiskLow:
		return exitFull
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.EROFS), errors.Is(err, journal.ErrPoisoned):
		return exitIO
	}
	return exitFailed
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// fatal ends the program when the disk fails: whatever was not acknowledged must not be.
func fatal(msg string) {
	code := exitIO
	switch { // Pebble tells its errors as text
	case strings.Contains(msg, syscall.ENOSPC.Error()):
		code = exitFull
	case strings.Contains(msg, store.ErrDamaged.Error()):
		code = exitDamage
	}
	fmt.Fprintln(os.Stderr, "footfall: the disk failed:", msg)
	os.Exit(code)
}

// prepare completes the options that flags do not set.
func (p *program) prepare(o *server.Options) {
	o.Version, o.Log, o.Fatal, o.Hurry = version, p.log, fatal, p.hurry
	if o.Memory == 0 {
		o.Memory = server.DefaultMemory()
	}
	debug.SetMemoryLimit(int64(o.Memory) / 10 * 9)
}
