package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulator.aws.objects.S3Clients;
import dev.isobar.emulator.aws.objects.S3Location;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/** Files to and from S3, as SageMaker moves them for a container. Thread safe. */
final class S3Files implements AutoCloseable {
    private final S3Client s3;

    S3Files(URI endpoint, String region) {
        this.s3 = S3Clients.of(endpoint, region);
    }

    @Override
    public void close() {
        s3.close();
    }

    /** Whether there is an object of exactly this key. */
    boolean exists(S3Location object) {
        try {
            s3.headObject(r -> r.bucket(object.bucket()).key(object.key()));
            return true;
        } catch (S3Exception e) {
            return false;
        }
    }

    /** What S3 says against this prefix, or nothing if there are objects. */
    Optional<String> emptiness(S3Location prefix) {
        try {
            return s3.listObjectsV2(r -> r.bucket(prefix.bucket())
                                    .prefix(prefix.key())
                                    .maxKeys(1))
                            .contents()
                            .isEmpty()
                    ? Optional.of("")
                    : Optional.empty();
        } catch (S3Exception e) {
            return Optional.of(" Error message from S3: " + e.awsErrorDetails().errorMessage());
        }
    }

    /**
     * Copies all objects whose keys begin with the prefix. A file keeps the part of its path behind the prefix; of a prefix that ends within a name,
     * that name (the latter could not be verified against the service).
     */
    void download(S3Location prefix, Path folder) throws IOException {
        Files.createDirectories(folder);
        for (S3Object object : (Iterable<S3Object>)
                s3.listObjectsV2Paginator(r -> r.bucket(prefix.bucket()).prefix(prefix.key()))
                        .contents()::iterator) {
            if (object.key().endsWith("/")) {
                continue; // a folder as consoles make them
            }
            Path file = within(folder, relative(prefix.key(), object.key()));
            Files.createDirectories(file.getParent());
            Files.deleteIfExists(file);
            s3.getObject(r -> r.bucket(prefix.bucket()).key(object.key()), file);
        }
    }

    /** Copies all files of a folder. */
    void upload(Path folder, S3Location prefix) throws IOException {
        for (Path file : files(folder)) {
            put(file, prefix.child(slashed(folder.relativize(file))));
        }
    }

    void put(Path file, S3Location to) {
        s3.putObject(r -> r.bucket(to.bucket()).key(to.key()), RequestBody.fromFile(file));
    }

    /** Packs a folder into one object. */
    void uploadTarGz(Path folder, S3Location to) throws IOException {
        Path archive = Files.createTempFile(folder.getParent(), "upload", ".tar.gz");
        try {
            pack(folder, archive);
            put(archive, to);
        } finally {
            Files.delete(archive);
        }
    }

    /** Unpacks one object into a folder. */
    void downloadTarGz(S3Location from, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (InputStream object = s3.getObject(r -> r.bucket(from.bucket()).key(from.key()));
                TarArchiveInputStream tar = new TarArchiveInputStream(
                        new GzipCompressorInputStream(new BufferedInputStream(object), true))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path target = within(folder, entry.getName());
                if (entry.isDirectory()) {
                    Files.createDirectories(target);
                } else if (entry.isFile()) {
                    Files.createDirectories(target.getParent());
                    Files.copy(tar, target);
                }
            }
        }
    }

    /** All files below a folder, by path; none if it is not there. */
    static List<Path> files(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    static String slashed(Path path) {
        return path.toString().replace('\\', '/');
    }

    private static void pack(Path folder, Path archive) throws IOException {
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(archive));
                TarArchiveOutputStream tar = new TarArchiveOutputStream(new GzipCompressorOutputStream(file))) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            for (Path path : files(folder)) {
                tar.putArchiveEntry(new TarArchiveEntry(path.toFile(), slashed(folder.relativize(path))));
                Files.copy(path, tar);
                tar.closeArchiveEntry();
            }
        }
    }

    private static String relative(String prefix, String key) {
        if (key.equals(prefix) || !key.startsWith(prefix + "/") && !prefix.endsWith("/") && !prefix.isEmpty()) {
            return key.substring(prefix.lastIndexOf('/') + 1);
        }
        return key.substring(prefix.length()).replaceFirst("^/", "");
    }

    private static Path within(Path folder, String name) throws IOException {
        Path path = folder.resolve(name.replaceFirst("^/+", "")).normalize();
        if (!path.startsWith(folder)) {
            throw new IOException(name + " leaves its folder");
        }
        return path;
    }
}
