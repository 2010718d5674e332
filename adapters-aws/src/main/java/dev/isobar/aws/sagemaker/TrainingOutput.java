package dev.isobar.aws.sagemaker;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.platform.managed.CanonicalJson;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/**
 * What a job leaves. SageMaker packs {@code /opt/ml/model} and {@code /opt/ml/output/data} into {@code JOB/output/model.tar.gz} and {@code output.tar.gz} under
 * the output path, which is scratch space in the lake; before a job counts as done they are unpacked to where its submitter wants them. Unpacking twice, also at
 * once, writes the same bytes under the same keys. The archives stay until the job is deleted: the console's link to the model leads there.
 *
 * <pre>
 * sagemaker/jobs/JOB/output/model.tar.gz    → OUTPUT/model/…
 * sagemaker/jobs/JOB/output/output.tar.gz   → OUTPUT/output/data/…
 * sagemaker/jobs/JOB/promoted.json          it is all there
 * </pre>
 */
final class TrainingOutput {
    /** Lake prefix under which SageMaker makes a folder for each job. */
    static final String ROOT = "sagemaker/jobs";
    /** Tag with the lake prefix that the job's submitter named. */
    static final String TAG = "isobar:output";

    private static final Map<String, String> ARCHIVES =
            Map.of("model.tar.gz", "model/", "output.tar.gz", "output/data/");
    private static final Pattern KEY = Pattern.compile("([A-Za-z0-9._=@-]+/)*[A-Za-z0-9._=@-]+");
    // Against archives made to fill disks, not against models: XGBoost's are megabytes.
    private static final long MOST_BYTES = 16L << 30;
    private static final int MOST_FILES = 10_000;
    private static final int PAGE = 1_000;

    private final Supplier<ObjectStore> lake;
    private final Path scratch;
    private final Set<String> promoted = ConcurrentHashMap.newKeySet();

    TrainingOutput(Supplier<ObjectStore> lake, Path scratch) {
        this.lake = lake;
        this.scratch = scratch;
    }

    /** A job's folder in the lake. */
    static String folder(String sageMakerName) {
        return ROOT + "/" + sageMakerName + "/";
    }

    /** What was promoted. */
    record Promotion(String output, int files) {}

    /** Puts the job's output where it belongs, unless that has been done. */
    void promote(String sageMakerName, String output) {
        String marker = folder(sageMakerName) + "promoted.json";
        if (promoted.contains(sageMakerName)) {
            return;
        }
        if (lake.get().head(marker).isEmpty()) {
            String root = output.endsWith("/") ? output : output + "/";
            int files = 0;
            for (Map.Entry<String, String> archive : ARCHIVES.entrySet()) {
                files += unpack(folder(sageMakerName) + "output/" + archive.getKey(), root + archive.getValue());
            }
            lake.get().put(marker, CanonicalJson.bytes(new Promotion(output, files)), Precondition.none());
        }
        promoted.add(sageMakerName);
    }

    /** Removes the job's folder; what was promoted stays. */
    void discard(String sageMakerName) {
        promoted.remove(sageMakerName);
        while (true) {
            List<ObjectInfo> page = lake.get().list(folder(sageMakerName), null, PAGE);
            page.forEach(o -> lake.get().delete(o.key(), Precondition.none()));
            if (page.size() < PAGE) {
                return;
            }
        }
    }

    private int unpack(String key, String target) {
        if (lake.get().head(key).isEmpty()) {
            // SageMaker makes no output.tar.gz of an empty output/data.
            return 0;
        }
        try {
            Files.createDirectories(scratch);
            Path folder = Files.createTempDirectory(scratch, "training-output");
            Path archive = folder.resolve("archive.tar.gz");
            Path file = folder.resolve("entry");
            try {
                lake.get().getFile(key, archive);
                return unpack(key, archive, file, target);
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(archive);
                Files.deleteIfExists(folder);
            }
        } catch (IOException e) {
            throw IsobarException.io("unpacking " + key, e);
        }
    }

    private int unpack(String key, Path archive, Path file, String target) throws IOException {
        int files = 0;
        long bytes = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(archive));
                TarArchiveInputStream tar = new TarArchiveInputStream(new GzipCompressorInputStream(in, true))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (entry.isDirectory()) {
                    continue;
                }
                String name = entry.getName().startsWith("./") ? entry.getName().substring(2) : entry.getName();
                if (!regular(entry) || !KEY.matcher(name).matches() || dots(name)) {
                    throw refused(key, "it holds '" + entry.getName() + "', which the lake cannot name");
                }
                bytes += entry.getSize();
                files++;
                if (bytes > MOST_BYTES || files > MOST_FILES) {
                    throw refused(key, "it holds more than " + MOST_FILES + " files or " + MOST_BYTES + " bytes");
                }
                // An entry's stream ends with its declared size, whatever the archive goes on with.
                try (OutputStream out = Files.newOutputStream(file)) {
                    tar.transferTo(out);
                }
                lake.get().putFile(target + name, file, Precondition.none());
            }
        }
        return files;
    }

    /** Not {@code isFile}: that is also true of links, devices and pipes. */
    private static boolean regular(TarArchiveEntry entry) {
        return entry.getLinkFlag() == TarConstants.LF_NORMAL || entry.getLinkFlag() == TarConstants.LF_OLDNORM;
    }

    private static boolean dots(String name) {
        return List.of(name.split("/")).stream().anyMatch(s -> s.equals(".") || s.equals(".."));
    }

    private static IsobarException refused(String key, String why) {
        return IsobarException.of(ErrorCode.CORRUPT, "The training job's archive " + key + " is refused: " + why)
                .at("TrainingJobs", "describe")
                .resource(key)
                .hint("Let the trainer write plain files of [A-Za-z0-9._=@-] below model/ and output/data/.")
                .build();
    }
}
