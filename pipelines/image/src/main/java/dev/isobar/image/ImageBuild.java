package dev.isobar.image;

import com.google.cloud.tools.jib.api.CacheDirectoryCreationException;
import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainer;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.LogEvent;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.ImageFormat;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import com.google.cloud.tools.jib.api.buildplan.Port;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes the image of one plan. The same jars on the same base make the same digest, whenever and wherever. Not thread safe; used once. */
final class ImageBuild {
    private static final int HTTP_PORT = 8080;

    /** It waits beside the trainer, whose memory it must not take. A fixed size wins over one in JDK_JAVA_OPTIONS, which is meant for the trainer. */
    private static final String STAGER_HEAP = "-Xmx256m";

    /** Jib reads it; it stands for the registries of this machine only, see {@link Registries#mayBeInsecure}. */
    private static final String CREDENTIALS_OVER_HTTP = "sendCredentialsOverHttp";

    private static final Pattern COLOURS = Pattern.compile("\u001b\\[[0-9;]*m");

    private final ImagePlan plan;
    private final Registries registries;
    private final Consumer<String> progress;

    /**
     * @param environment credentials and Docker's configuration
     * @param progress is told in a line what is going on, from any thread
     */
    ImageBuild(ImagePlan plan, Map<String, String> environment, Consumer<String> progress) {
        this.plan = plan;
        this.registries = new Registries(environment);
        this.progress = progress;
    }

    /**
     * Makes it.
     *
     * @throws IsobarException for whatever kept it from being made; no part of a file is left then
     */
    ImageResult make() {
        if (!plan.userOrDefault().matches("\\d+(:\\d+)?")) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "A user of an image is a number, or two with a colon between, not '" + plan.user() + "'")
                    .resource("--user")
                    .hint("For example --user 1000:1000; a name would mean whatever the base image says.")
                    .build();
        }
        ImageReference base =
                plan.fromScratch() || plan.baseIsFile() ? null : reference(plan.baseOrDefault(), "--base");
        ImageReference target = plan.toFile() ? null : reference(plan.to(), "--to");
        Content content = Content.of(plan);
        for (ImageReference asked :
                Stream.of(base, target).filter(Objects::nonNull).toList()) {
            registries.reach(asked, asked == base);
        }
        try {
            JibContainerBuilder image = from(base, target);
            describe(image, content, base);
            boolean insecure = Registries.mayBeInsecure(base, target);
            if (target == null) {
                return toFile(image, content, insecure);
            }
            JibContainer made = contain(image, Containerizer.to(registries.image(target, target)), insecure);
            return result(made, content, target.toString(), null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "Making the image was interrupted")
                    .cause(e)
                    .build();
        } catch (IOException | RegistryException | ExecutionException | CacheDirectoryCreationException e) {
            throw new BuildErrors(plan, base, target).translate(e);
        }
    }

    private JibContainerBuilder from(@Nullable ImageReference base, @Nullable ImageReference target) {
        if (base != null) {
            return Jib.from(registries.image(base, target));
        }
        if (plan.fromScratch()) {
            return Jib.fromScratch();
        }
        Path file = Path.of(plan.baseOrDefault());
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            throw IsobarException.of(
                            ErrorCode.INVALID_ARGUMENT,
                            "The base image " + (Files.exists(file) ? "cannot be read: " : "does not exist: ") + file)
                    .resource("--base")
                    .hint("Name a file that `docker save` wrote, or an image in a registry without .tar at its end.")
                    .build();
        }
        return Jib.from(TarImage.at(file));
    }

    private void describe(JibContainerBuilder image, Content content, @Nullable ImageReference base)
            throws IOException {
        for (Content.Part part : content.layers()) {
            image.addFileEntriesLayer(part.layer());
        }
        image.setEntrypoint(entryPoint(content))
                .setProgramArguments(plan.kind().argument)
                .setPlatforms(Set.of(new Platform("amd64", "linux")))
                .setUser(plan.userOrDefault())
                .addEnvironmentVariable("ISOBAR_HOME", "/tmp/isobar")
                .setFormat(plan.formatOrDefault() == ImagePlan.Format.oci ? ImageFormat.OCI : ImageFormat.Docker);
        if (plan.kind() == ImagePlan.Kind.server) {
            image.addExposedPort(Port.tcp(HTTP_PORT));
        }
        if (content.libgomp() != null) {
            image.addEnvironmentVariable("LD_LIBRARY_PATH", Content.NATIVE);
        }
        labels(base).forEach(image::addLabel);
    }

    /** The program's command, behind the stager's if there is one; the container's arguments are the program's either way. */
    private List<String> entryPoint(Content content) {
        List<String> line = new ArrayList<>();
        ImagePlan.Stager stager = plan.stager();
        if (stager != null) {
            line.addAll(java(STAGER_HEAP, content.stagerClassPath(), stager.mainClass()));
        }
        line.addAll(
                java("-XX:MaxRAMPercentage=" + plan.kind().heapPercent, content.classPath(), plan.kind().mainClass));
        return line;
    }

    private static List<String> java(String heap, String classPath, String mainClass) {
        return List.of("java", heap, "-XX:+ExitOnOutOfMemoryError", "-XX:-UsePerfData", "-cp", classPath, mainClass);
    }

    private Map<String, String> labels(@Nullable ImageReference base) {
        Map<String, String> labels = new TreeMap<>();
        labels.put("org.opencontainers.image.title", plan.name());
        labels.put(
                "org.opencontainers.image.description",
                plan.kind() == ImagePlan.Kind.trainer ? "Isobar's training entry point" : "Isobar's model server");
        labels.put("org.opencontainers.image.version", plan.version());
        labels.put("org.opencontainers.image.licenses", "Apache-2.0");
        if (base != null) {
            labels.put("org.opencontainers.image.base.name", base.toString());
        }
        labels.put("dev.isobar.version", plan.version());
        labels.put("dev.isobar.kind", plan.kind().name());
        if (plan.adapter() != null) {
            labels.put("dev.isobar.adapter", plan.adapter());
        }
        return labels;
    }

    private ImageResult toFile(JibContainerBuilder image, Content content, boolean insecure)
            throws IOException, InterruptedException, RegistryException, ExecutionException,
                    CacheDirectoryCreationException {
        Path file = Path.of(plan.to()).toAbsolutePath();
        if (Files.isDirectory(file)) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "This is a folder, not a file: " + file)
                    .resource("--to")
                    .hint("Name a file in it that ends in .tar.")
                    .build();
        }
        Files.createDirectories(file.resolveSibling(".").normalize());
        Path part =
                file.resolveSibling(".isobar-image-" + ProcessHandle.current().pid() + ".part");
        try {
            Files.createFile(part); // before anything is downloaded for it
            part.toFile().deleteOnExit();
            String name = plan.name() + ":" + plan.version();
            JibContainer made =
                    contain(image, Containerizer.to(TarImage.at(part).named(name)), insecure);
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            return result(made, content, name, file);
        } catch (InvalidImageReferenceException e) {
            throw new IllegalStateException("Isobar's own name of an image", e);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private JibContainer contain(JibContainerBuilder image, Containerizer to, boolean insecure)
            throws InterruptedException, IOException, RegistryException, ExecutionException,
                    CacheDirectoryCreationException {
        if (insecure) {
            System.setProperty(CREDENTIALS_OVER_HTTP, "true");
        }
        try {
            return image.containerize(to.setToolName("isobar")
                    .setToolVersion(plan.version())
                    .setAllowInsecureRegistries(insecure)
                    .setBaseImageLayersCache(plan.cache().resolve("base"))
                    .setApplicationLayersCache(plan.cache().resolve("layers"))
                    .addEventHandler(LogEvent.class, this::tell));
        } finally {
            System.clearProperty(CREDENTIALS_OVER_HTTP);
        }
    }

    private void tell(LogEvent event) {
        boolean told = switch (event.getLevel()) {
            case WARN, PROGRESS -> true;
            // errors are thrown as well
            case ERROR, LIFECYCLE, INFO, DEBUG -> plan.verbose();
        };
        String text = COLOURS.matcher(event.getMessage()).replaceAll("").strip();
        if (told && !text.isEmpty()) {
            progress.accept(text);
        }
    }

    private ImageResult result(JibContainer made, Content content, String name, @Nullable Path file)
            throws IOException {
        List<ImageResult.Layer> layers = new ArrayList<>();
        for (Content.Part part : content.layers()) {
            layers.add(part.summary());
        }
        String digest = made.getDigest().toString();
        return new ImageResult(
                plan.kind().name(),
                plan.adapter(),
                name,
                digest,
                plan.formatOrDefault().name(),
                file == null ? name : file.toString(),
                file == null,
                plan.baseOrDefault(),
                plan.userOrDefault(),
                content.libgomp() == null ? null : content.libgomp().toString(),
                file == null ? null : Files.size(file),
                layers,
                "image." + plan.kind(),
                file == null
                        ? made.getTargetImage().getRegistry() + "/"
                                + made.getTargetImage().getRepository() + "@" + digest
                        : null);
    }

    private static ImageReference reference(String text, String option) {
        try {
            return ImageReference.parse(text);
        } catch (InvalidImageReferenceException e) {
            throw IsobarException.of(ErrorCode.INVALID_ARGUMENT, "This names neither a .tar file nor an image: " + text)
                    .resource(option)
                    .hint("An image is written registry/repository:tag, in small letters, such as"
                            + " 123456789012.dkr.ecr.eu-central-1.amazonaws.com/isobar-trainer:1.")
                    .cause(e)
                    .build();
        }
    }
}
