package dev.isobar.image;

import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A server and a trainer of a few files, and a base image of one, in a folder of a test's own. */
final class Plans {
    final Path folder;
    final Path base;
    final List<Path> server;
    final List<Path> adapter;
    final List<Path> trainer;
    final ImagePlan.Stager stager;

    Plans(Path folder) throws Exception {
        this.folder = folder;
        this.server = List.of(
                jar("server/isobar-server-1.jar", "server"),
                jar("server/lib/isobar-core-api-1.jar", "core"),
                jar("server/lib/netty-4.jar", "netty"));
        this.adapter = List.of(jar("aws/isobar-aws-1.jar", "aws"), jar("aws/lib/sdk-2.jar", "sdk"));
        this.trainer = List.of(jar("trainer/isobar-trainer-1.jar", "trainer"), jar("trainer/lib/xgboost-3.jar", "xg"));
        // the adapter's own versions of libraries that the trainer has as well
        this.stager = new ImagePlan.Stager(
                "dev.isobar.gcp.Stager",
                List.of(
                        jar("gcp/isobar-gcp-1.jar", "gcp"),
                        jar("gcp/lib/storage-2.jar", "storage"),
                        jar("gcp/lib/xgboost-3.jar", "another")));
        this.base = folder.resolve("base.tar");
        Jib.fromScratch()
                .addFileEntriesLayer(FileEntriesLayer.builder()
                        .addEntry(jar("base/os-release", "ID=none"), AbsoluteUnixPath.get("/etc/os-release"))
                        .build())
                .addEnvironmentVariable("PATH", "/jre/bin")
                .containerize(Containerizer.to(TarImage.at(base).named("base"))
                        .setBaseImageLayersCache(folder.resolve("base-cache"))
                        .setApplicationLayersCache(folder.resolve("base-cache")));
    }

    Path jar(String name, String content) throws IOException {
        Path jar = folder.resolve(name);
        Files.createDirectories(jar.getParent());
        return Files.writeString(jar, content);
    }

    static void age(List<Path> files, String when) throws IOException {
        for (Path file : files) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.parse(when)));
        }
    }

    /** With a cache of its own, so that nothing is equal only because it is the same. */
    ImagePlan server(String to, String baseImage) {
        return plan(ImagePlan.Kind.server, server, adapter, "aws", baseImage, to, null, null);
    }

    ImagePlan trainer(String to, @Nullable String libgomp) {
        return plan(ImagePlan.Kind.trainer, trainer, List.of(), null, base.toString(), to, null, libgomp);
    }

    ImagePlan staged(String to) {
        return staged(trainer, stager, to, ImagePlan.LIBGOMP_OF_BASE);
    }

    ImagePlan staged(List<Path> classPath, ImagePlan.Stager by, String to, @Nullable String libgomp) {
        ImagePlan bare = plan(ImagePlan.Kind.trainer, classPath, List.of(), "gcp", base.toString(), to, null, libgomp);
        return new ImagePlan(
                bare.kind(),
                bare.classPath(),
                bare.adapterClassPath(),
                by,
                bare.adapter(),
                bare.version(),
                bare.base(),
                bare.to(),
                bare.format(),
                bare.user(),
                bare.libgomp(),
                bare.cache(),
                bare.verbose());
    }

    ImagePlan plan(
            ImagePlan.Kind kind,
            List<Path> classPath,
            List<Path> adapterClassPath,
            @Nullable String adapterId,
            String baseImage,
            String to,
            @Nullable String user,
            @Nullable String libgomp) {
        return new ImagePlan(
                kind,
                classPath,
                adapterClassPath,
                null,
                adapterId,
                "1.2",
                baseImage,
                to,
                null,
                user,
                libgomp,
                folder.resolve("cache-" + System.nanoTime()),
                false);
    }
}
