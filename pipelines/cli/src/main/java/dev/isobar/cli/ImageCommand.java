package dev.isobar.cli;

import dev.isobar.cli.image.ImageMaker;
import dev.isobar.cli.image.ImagePlan;
import dev.isobar.cli.install.CommandLines;
import dev.isobar.cli.install.Installation;
import dev.isobar.cli.load.Adapters;
import dev.isobar.cli.print.Documents;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code isobar image}. */
@Command(
        name = "image",
        description = "Makes the training or the serving image, without Docker, as a file or in a registry.")
final class ImageCommand extends Task {
    private static final String FILE = ".tar";

    /** What the image is for. */
    enum Kind {
        trainer,
        server
    }

    /** Forms of an image. */
    enum Format {
        oci,
        docker
    }

    @Parameters(
            paramLabel = "trainer|server",
            description =
                    "server: with the target's adapter and no other; trainer: without one, but for the target's stager if it has one.")
    @SuppressWarnings("NullAway.Init")
    Kind kind;

    @Option(
            names = "--to",
            paramLabel = "FILE.tar|IMAGE",
            description = "Where it goes: a file, or registry/repository:tag (default: a file in ISOBAR_HOME/images).")
    @Nullable
    String to;

    @Option(
            names = "--base",
            paramLabel = "IMAGE|FILE.tar",
            description =
                    "What it stands on: an image in a registry, or a file of `docker save` (default: eclipse-temurin:17-jre).")
    @Nullable
    String base;

    @Option(
            names = "--format",
            paramLabel = "oci|docker",
            description = "Its form (default: oci in a file, docker in a registry, as SageMaker wants it).")
    @Nullable
    Format format;

    @Option(
            names = "--user",
            paramLabel = "UID[:GID]",
            description = "Who runs in it (default: root in a trainer, 65532 in a server).")
    @Nullable
    String user;

    @Option(
            names = "--libgomp",
            paramLabel = "FILE|base",
            description = "The libgomp.so.1 for a trainer (default: this machine's); base: the base image has one.")
    @Nullable
    String libgomp;

    @Override
    Answer answer() {
        Adapters adapters = new Adapters(host().installation());
        Path adapter = adapters.folder(isobar.target);
        CommandLines lines = new CommandLines(host().installation());
        boolean server = kind == Kind.server;
        Path images = host().installation().home().resolve("images");
        ImagePlan.Stager stager = server ? null : stager(adapter);
        boolean ofTarget = server || stager != null;
        String name = "isobar-" + kind + (ofTarget ? "-" + isobar.target : "") + FILE;
        ImagePlan plan = new ImagePlan(
                kind.name(),
                texts(server ? lines.serverClassPath() : lines.trainerClassPath()),
                server ? texts(lines.adapterClassPath(adapter)) : List.of(),
                stager,
                ofTarget ? isobar.target : null,
                Program.builtVersion(),
                base == null ? null : file(base),
                to == null ? images.resolve(name).toString() : file(to),
                format == null ? null : format.name(),
                user,
                libgomp == null || libgomp.equals("base")
                        ? libgomp
                        : host().cwd().resolve(libgomp).toString(),
                images.resolve("cache").toString(),
                isobar.verbose);
        Documents.Image image = new ImageMaker(lines, host().err()).make(plan);
        return Answer.done(image, () -> summaries().image(image));
    }

    /** What starts a trainer for that adapter before the trainer itself, or null. */
    private static ImagePlan.@Nullable Stager stager(Path adapter) {
        List<Path> classPath = Installation.classPath(adapter);
        return Installation.stager(classPath.get(0))
                .map(main -> new ImagePlan.Stager(main, texts(classPath)))
                .orElse(null);
    }

    /** A file by its absolute path, anything else as it is. */
    private String file(String text) {
        return text.endsWith(FILE) ? host().cwd().resolve(text).normalize().toString() : text;
    }

    private static List<String> texts(List<Path> paths) {
        return paths.stream().map(Path::toString).toList();
    }
}
