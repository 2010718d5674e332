package dev.isobar.image;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to make, as the command line says it on this process's standard input. Immutable.
 *
 * @param classPath jars of the program, in the order in which Java is to search them
 * @param adapterClassPath jars of the one adapter that the program has not already; empty for a trainer, which knows no cloud
 * @param stager what starts a trainer where no platform fills its folders; null for none
 * @param adapter the adapter's id; null for a trainer without a stager
 * @param version Isobar's
 * @param base {@code scratch}, a file in the format of {@code docker save} that ends in {@code .tar}, or an image in a registry; null for
 *     {@link #DEFAULT_BASE}
 * @param to a file that ends in {@code .tar}, or an image in a registry
 * @param format null for OCI in a file and Docker in a registry: SageMaker refuses OCI manifests
 * @param user a number, or two with a colon between; null for what the platforms allow
 * @param libgomp the library to put into a training image; null for this machine's, {@link #LIBGOMP_OF_BASE} for none
 * @param cache where layers are kept between builds
 * @param verbose whether a stack trace is wanted on standard error
 */
record ImagePlan(
        Kind kind,
        List<Path> classPath,
        List<Path> adapterClassPath,
        @Nullable Stager stager,
        @Nullable String adapter,
        String version,
        @Nullable String base,
        String to,
        @Nullable Format format,
        @Nullable String user,
        @Nullable String libgomp,
        Path cache,
        boolean verbose) {
    /** Java 17 on Ubuntu with glibc, which XGBoost's library needs. It has no libgomp; see {@link Libgomp}. */
    static final String DEFAULT_BASE = "eclipse-temurin:17-jre";

    /** An image with nothing in it. */
    static final String SCRATCH = "scratch";

    /** Said in place of a file: the base image has one. */
    static final String LIBGOMP_OF_BASE = "base";

    ImagePlan {
        classPath = List.copyOf(classPath);
        adapterClassPath = List.copyOf(adapterClassPath);
        if (stager != null && (kind != Kind.trainer || adapter == null)) {
            throw new IllegalArgumentException("a stager is an adapter's and starts a trainer, not a " + kind);
        }
    }

    /**
     * A program of the adapter's that fills the trainer's folders and then starts the command that its arguments are. It runs from jars of its own: the
     * trainer's may be of other versions.
     *
     * @param mainClass its class
     * @param classPath all its jars, in the order in which Java is to search them
     */
    record Stager(String mainClass, List<Path> classPath) {
        Stager {
            classPath = List.copyOf(classPath);
        }
    }

    /** What starts in the image. */
    enum Kind {
        /** Reads local folders, writes a model. */
        trainer("dev.isobar.trainer.TrainerMain", "train", 50),
        /** Answers requests. */
        server("dev.isobar.server.ServerMain", "serve", 60);

        final String mainClass;

        /** With which SageMaker starts it; given here as well, so that a plain run of the image does the same. */
        final String argument;

        /** Of the container's memory. XGBoost keeps its own copy of the rows outside the heap, Netty its buffers. */
        final int heapPercent;

        Kind(String mainClass, String argument, int heapPercent) {
            this.mainClass = mainClass;
            this.argument = argument;
            this.heapPercent = heapPercent;
        }
    }

    /** Forms of manifest and, in a file, of the archive. */
    enum Format {
        /** An image layout of the Open Container Initiative. */
        oci,
        /** Manifest version 2, schema 2; what {@code docker save} writes. */
        docker
    }

    String baseOrDefault() {
        return base == null ? DEFAULT_BASE : base;
    }

    boolean fromScratch() {
        return SCRATCH.equals(base);
    }

    boolean baseIsFile() {
        return isFile(baseOrDefault());
    }

    boolean toFile() {
        return isFile(to);
    }

    Format formatOrDefault() {
        return format != null ? format : toFile() ? Format.oci : Format.docker;
    }

    /**
     * SageMaker mounts /opt/ml for the root user, so a trainer, which writes there, is root unless somebody says otherwise. A server only reads there
     * and writes under /tmp.
     */
    String userOrDefault() {
        return user != null ? user : kind == Kind.trainer ? "0:0" : "65532:65532";
    }

    /** The image's name in an archive, and its title. */
    String name() {
        return "isobar/" + (adapter == null ? kind.name() : kind + "-" + adapter);
    }

    private static boolean isFile(String text) {
        return text.endsWith(".tar");
    }
}
