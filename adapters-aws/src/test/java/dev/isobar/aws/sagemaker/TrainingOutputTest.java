package dev.isobar.aws.sagemaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.isobar.aws.client.AwsClients;
import dev.isobar.aws.client.AwsIdentity;
import dev.isobar.aws.client.AwsService;
import dev.isobar.aws.s3.S3Bucket;
import dev.isobar.aws.s3.S3ObjectStore;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.ObjectStore.ObjectInfo;
import dev.isobar.port.Precondition;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

class TrainingOutputTest {
    @TempDir
    Path folder;

    private EmulatorServer s3;
    private AwsClients clients;
    private ObjectStore lake;
    private TrainingOutput output;

    @BeforeEach
    void start() throws Exception {
        s3 = EmulatorServer.start(0, List.of(new S3Service(folder.resolve("s3"))));
        clients = new AwsClients(
                new AwsIdentity("aws", "us-east-1", null, "test", "test", null, null, Map.of(AwsService.S3, s3.uri())));
        try (var client = S3Client.builder()
                .endpointOverride(s3.uri())
                .forcePathStyle(true)
                .region(clients.region())
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .build()) {
            client.createBucket(b -> b.bucket("lake"));
        }
        lake = new S3ObjectStore(new S3Bucket(clients, "aws", "lake"), "isobar/lake/");
        output = new TrainingOutput(() -> lake, folder.resolve("scratch"));
    }

    @AfterEach
    void stop() {
        clients.close();
        s3.close();
    }

    private void archive(String name, TarArchiveEntry... entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GzipCompressorOutputStream(bytes))) {
            for (TarArchiveEntry entry : entries) {
                byte[] content = entry.getName().getBytes(StandardCharsets.UTF_8);
                if (entry.isFile()) {
                    entry.setSize(content.length);
                }
                tar.putArchiveEntry(entry);
                if (entry.isFile()) {
                    tar.write(content);
                }
                tar.closeArchiveEntry();
            }
        }
        lake.put("sagemaker/jobs/job/output/" + name, bytes.toByteArray(), Precondition.none());
    }

    private List<String> keys(String prefix) {
        return lake.list(prefix, null, 100).stream().map(ObjectInfo::key).toList();
    }

    private void refused() {
        IsobarException e = catchThrowableOfType(IsobarException.class, () -> output.promote("job", "out/job"));
        assertThat(e.code()).isEqualTo(ErrorCode.CORRUPT);
        assertThat(keys("sagemaker/jobs/job/promoted")).isEmpty();
    }

    @Test
    @DisplayName("is unpacked to where its submitter wants it, and again changes nothing")
    void promoted() throws IOException {
        archive(
                "model.tar.gz",
                new TarArchiveEntry("./"),
                new TarArchiveEntry("./xgboost-model"),
                new TarArchiveEntry("sub/"),
                new TarArchiveEntry("sub/trees.json"));
        archive("output.tar.gz", new TarArchiveEntry("metrics.json"));
        output.promote("job", "out/job/");
        List<String> expected = List.of(
                "out/job/model/sub/trees.json", "out/job/model/xgboost-model", "out/job/output/data/metrics.json");
        assertThat(keys("out/")).isEqualTo(expected);
        List<ObjectInfo> before = lake.list("out/", null, 100);
        new TrainingOutput(() -> lake, folder.resolve("scratch")).promote("job", "out/job/");
        assertThat(lake.list("out/", null, 100)).isEqualTo(before);
        try (Stream<Path> left = Files.list(folder.resolve("scratch"))) {
            assertThat(left).isEmpty();
        }
        output.discard("job");
        assertThat(keys("sagemaker/")).isEmpty();
        assertThat(keys("out/")).isEqualTo(expected);
    }

    @Test
    @DisplayName("is promoted again by the next one, if the first was killed before it was done")
    void halfDone() throws IOException {
        archive("model.tar.gz", new TarArchiveEntry("xgboost-model"));
        output.promote("job", "out/job");
        lake.delete("sagemaker/jobs/job/promoted.json", Precondition.none());
        lake.delete("out/job/model/xgboost-model", Precondition.none());
        new TrainingOutput(() -> lake, folder.resolve("scratch")).promote("job", "out/job");
        assertThat(keys("out/")).containsExactly("out/job/model/xgboost-model");
    }

    @Test
    @DisplayName("that would leave its folder is refused")
    void leaves() throws IOException {
        archive("model.tar.gz", new TarArchiveEntry("../../champion/model/xgboost-model"));
        refused();
        assertThat(keys("out/")).isEmpty();
    }

    @Test
    @DisplayName("that names an absolute path is refused")
    void absolute() throws IOException {
        archive("model.tar.gz", new TarArchiveEntry("/etc/passwd", true));
        refused();
    }

    @Test
    @DisplayName("that holds a link is refused")
    void link() throws IOException {
        TarArchiveEntry link = new TarArchiveEntry("model", TarConstants.LF_SYMLINK);
        link.setLinkName("/etc/passwd");
        archive("model.tar.gz", link);
        refused();
    }

    @Test
    @DisplayName("that the lake cannot name is refused")
    void unnameable() throws IOException {
        archive("model.tar.gz", new TarArchiveEntry("a model"));
        refused();
    }

    @Test
    @DisplayName("that is cut off is an error, and nothing counts as promoted")
    void cut() throws Exception {
        archive("model.tar.gz", new TarArchiveEntry("xgboost-model"));
        byte[] whole =
                lake.get("sagemaker/jobs/job/output/model.tar.gz").orElseThrow().content();
        lake.put("sagemaker/jobs/job/output/model.tar.gz", Arrays.copyOf(whole, whole.length / 2), Precondition.none());
        assertThat(catchThrowableOfType(IsobarException.class, () -> output.promote("job", "out/job")))
                .isNotNull();
        assertThat(keys("sagemaker/jobs/job/promoted")).isEmpty();
    }
}
