package dev.isobar.image;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * GNU's OpenMP library, without which XGBoost's does not load. The usual Java images come without it (eclipse-temurin's and distroless's package lists
 * do not name it), and it needs nothing but glibc, so a training image carries one. Stateless.
 */
final class Libgomp {
    /** Its name, which the loader looks for. */
    static final String NAME = "libgomp.so.1";

    /** Debian and Ubuntu; Fedora, Red Hat and Amazon Linux; Arch. */
    private static final List<Path> PLACES =
            List.of(Path.of("/usr/lib/x86_64-linux-gnu", NAME), Path.of("/usr/lib64", NAME), Path.of("/usr/lib", NAME));

    private static final int ELF_HEADER = 20;
    private static final int X86_64 = 62;

    private Libgomp() {}

    /**
     * The file to put in.
     *
     * @return null if none is wanted
     * @throws IsobarException {@code INVALID_ARGUMENT} if the one that was named cannot be used, {@code NOT_FOUND} if this machine has none
     */
    static @Nullable Path of(ImagePlan plan) {
        return of(plan, PLACES);
    }

    static @Nullable Path of(ImagePlan plan, List<Path> places) {
        String said = plan.libgomp();
        if (plan.kind() != ImagePlan.Kind.trainer || ImagePlan.LIBGOMP_OF_BASE.equals(said)) {
            return null;
        }
        if (said == null) {
            return places.stream()
                    .filter(Libgomp::fits)
                    .findFirst()
                    .orElseThrow(() -> IsobarException.of(
                                    ErrorCode.NOT_FOUND,
                                    "This machine has no " + NAME
                                            + " for Linux on x86_64 to put into the image, and XGBoost does not start without")
                            .resource("isobar image trainer")
                            .hint(
                                    "Install it (Debian: apt-get install libgomp1; Fedora: dnf install libgomp), name one with"
                                            + " --libgomp FILE, or say --libgomp base if the base image has it.")
                            .build());
        }
        Path file = Path.of(said);
        if (!fits(file)) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "This is no library for Linux on x86_64: " + file)
                    .resource("--libgomp")
                    .hint("Name a libgomp.so.1 of that platform, or say --libgomp base if the base image has it.")
                    .build();
        }
        return file;
    }

    /** Whether it is a file in ELF format for x86_64. */
    private static boolean fits(Path file) {
        if (!Files.isReadable(file) || Files.isDirectory(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] b = in.readNBytes(ELF_HEADER);
            return b.length == ELF_HEADER
                    && b[0] == 0x7f
                    && b[1] == 'E'
                    && b[2] == 'L'
                    && b[3] == 'F'
                    && b[ELF_HEADER - 2] == X86_64;
        } catch (IOException e) {
            throw IsobarException.io("reading " + file, e);
        }
    }
}
