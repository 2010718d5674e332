package dev.isobar.cli;

import dev.isobar.cli.install.Installation;
import dev.isobar.cli.install.TempFolders;
import dev.isobar.cli.print.Terminal;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.engine.IsobarRuntime;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Starts the {@code isobar} command. {@code ./isobar} calls it; so does the runtime, for an audit in a process of its own. */
public final class Main {
    private Main() {}

    /** Ends the JVM with 0 (done), 1 (the work failed) or 2 (the request was wrong). */
    public static void main(String[] args) {
        PrintStream out = stream(FileDescriptor.out);
        PrintStream err = stream(FileDescriptor.err);
        // What a library prints must never get into the one document on standard output.
        System.setOut(err);
        // Nor past the log's level: some write to the JDK's own log.
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        endWithParent(System.getenv(Programs.PARENT_VARIABLE));
        Installation installation = Installation.current();
        new TempFolders(installation.home()).deleteOwnAtExit();
        int columns = Integer.getInteger("isobar.columns", 100);
        Host host = new Host(
                installation,
                out,
                err,
                Terminal.of(Boolean.getBoolean("isobar.tty.out"), System::getenv, columns),
                Terminal.of(Boolean.getBoolean("isobar.tty.err"), System::getenv, columns),
                System::getenv,
                Path.of("").toAbsolutePath(),
                IsobarRuntime::open);
        int exit = new Program(host).run(args);
        out.flush();
        err.flush();
        System.exit(exit);
    }

    // UTF-8 whatever the locale says: JSON is UTF-8, and text falls back to ASCII by itself.
    /** An audit that a run started for itself must not outlive a run that was killed: nobody would list it. */
    private static void endWithParent(@Nullable String pid) {
        if (pid != null) {
            ProcessHandle.of(Long.parseLong(pid))
                    .ifPresentOrElse(
                            p -> p.onExit().thenRun(() -> Runtime.getRuntime().halt(1)), () -> System.exit(1));
        }
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(
                new java.io.BufferedOutputStream(new FileOutputStream(descriptor)), true, StandardCharsets.UTF_8);
    }
}
