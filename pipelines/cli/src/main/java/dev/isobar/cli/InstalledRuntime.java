package dev.isobar.cli;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.runtime.Isobar;
import dev.isobar.runtime.Programs;
import dev.isobar.runtime.Target;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;

/** The runtime on the class path. By name, because the command line is built before and beside it. */
final class InstalledRuntime implements RuntimeFactory {
    private static final String CLASS = "dev.isobar.runtime.IsobarRuntime";

    @Override
    public Isobar open(Target target, Path home, Programs programs) {
        try {
            return (Isobar) Class.forName(CLASS)
                    .getMethod("open", Target.class, Path.class, Programs.class)
                    .invoke(null, target, home, programs);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException("the runtime could not be opened", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw IsobarException.of(ErrorCode.INTERNAL, "This build holds no runtime: " + CLASS + " is missing")
                    .hint("Build again: remove pipelines/cli/target and run the same command.")
                    .cause(e)
                    .build();
        }
    }
}
