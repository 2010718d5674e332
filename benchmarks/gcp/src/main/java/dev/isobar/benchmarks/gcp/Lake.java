package dev.isobar.benchmarks.gcp;

import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import dev.isobar.benchmarks.layer.Objects;
import dev.isobar.benchmarks.layer.Other;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.port.ObjectStore;
import dev.isobar.port.Precondition;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.nio.file.Path;

/** The lake in Cloud Storage: ours, and Google's client. Both write under the condition that nothing is there, without which neither may be repeated. */
final class Lake {
    private static final String ROOT = "isobar/lake/";

    private Lake() {}

    static void files(Other other, JsonLine into, int passes, double seconds) throws Exception {
        try (AdapterSession session = Clients.isobar(other);
                Storage client = Clients.storage(other)) {
            Objects.files(other, into, passes, seconds, ours(session.objectStore()), google(client));
        }
    }

    static void objects(Other other, JsonLine into, int passes, double seconds) throws Exception {
        try (AdapterSession session = Clients.isobar(other);
                Storage client = Clients.storage(other)) {
            Objects.objects(other, into, passes, seconds, ours(session.objectStore()), google(client));
        }
    }

    private static Objects.Lake ours(ObjectStore store) {
        return new Objects.Lake() {
            @Override
            public void putFile(Path source) {
                store.putFile(Objects.LARGE, source, Precondition.absent());
            }

            @Override
            public void getFile(Path target) {
                store.getFile(Objects.LARGE, target);
            }

            @Override
            public void put(String key, byte[] content) {
                store.put(key, content, Precondition.absent());
            }

            @Override
            public byte[] get(String key) {
                return store.get(key).orElseThrow().content();
            }
        };
    }

    private static Objects.Lake google(Storage client) {
        return new Objects.Lake() {
            @Override
            public void putFile(Path source) throws IOException {
                client.createFrom(
                        BlobInfo.newBuilder(id(Objects.LARGE)).build(), source, BlobWriteOption.doesNotExist());
            }

            @Override
            public void getFile(Path target) {
                client.downloadTo(id(Objects.LARGE), target);
            }

            @Override
            public void put(String key, byte[] content) {
                client.create(
                        BlobInfo.newBuilder(id(key)).build(),
                        content,
                        BlobTargetOption.doesNotExist(),
                        BlobTargetOption.disableGzipContent());
            }

            @Override
            public byte[] get(String key) {
                return client.readAllBytes(id(key));
            }

            private BlobId id(String key) {
                return BlobId.of(Clients.BUCKET, ROOT + key);
            }
        };
    }
}
