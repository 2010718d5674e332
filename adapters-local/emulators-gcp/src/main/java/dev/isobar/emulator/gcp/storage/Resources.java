package dev.isobar.emulator.gcp.storage;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;

/**
 * Buckets and objects as the JSON API shows them.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/objects#resource">objects</a>
 * @see <a href="https://cloud.google.com/storage/docs/json_api/v1/buckets#resource">buckets</a>
 */
final class Resources {
    static final JsonMapper JSON = JsonMapper.builder().build();

    private static final String API = "https://www.googleapis.com/storage/v1/b/";
    private static final String DOWNLOADS = "https://storage.googleapis.com/download/storage/v1/b/";
    private static final Set<String> CONTINENTS = Set.of("US", "EU", "ASIA");

    private Resources() {}

    static ObjectNode bucket(Bucket.Settings settings) {
        String location = settings.location().toUpperCase(Locale.ROOT);
        return JSON.createObjectNode()
                .put("kind", "storage#bucket")
                .put("id", settings.name())
                .put("selfLink", API + settings.name())
                .put("name", settings.name())
                .put("projectNumber", "0")
                .put("location", location)
                .put("locationType", locationType(location))
                .put("storageClass", "STANDARD")
                .put("generation", "1")
                .put("metageneration", "1")
                .put("timeCreated", settings.created())
                .put("updated", settings.created())
                .put("etag", "CAE=");
    }

    private static String locationType(String location) {
        if (CONTINENTS.contains(location)) {
            return "multi-region";
        }
        return location.indexOf('-') < 0 ? "dual-region" : "region";
    }

    static ObjectNode object(String bucket, Stored stored) {
        String path = bucket + "/o/" + encoded(stored.name());
        String generation = Long.toString(stored.generation());
        ObjectNode resource = JSON.createObjectNode()
                .put("kind", "storage#object")
                .put("id", bucket + "/" + stored.name() + "/" + generation)
                .put("selfLink", API + path)
                .put("mediaLink", DOWNLOADS + path + "?generation=" + generation + "&alt=media")
                .put("name", stored.name())
                .put("bucket", bucket)
                .put("generation", generation)
                .put("metageneration", Long.toString(stored.metageneration()))
                .put("storageClass", "STANDARD")
                .put("size", Long.toString(stored.size()))
                .put("crc32c", stored.crc32c())
                .put("etag", etag(stored))
                .put("timeCreated", stored.created())
                .put("updated", stored.updated())
                .put("timeStorageClassUpdated", stored.created());
        if (stored.md5() != null) {
            resource.put("md5Hash", stored.md5());
        }
        if (stored.components() != null) {
            resource.put("componentCount", stored.components());
        }
        stored.settings().forEach(resource::put);
        if (!stored.metadata().isEmpty()) {
            ObjectNode metadata = resource.putObject("metadata");
            stored.metadata().forEach(metadata::put);
        }
        return resource;
    }

    static String etag(Stored stored) {
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(16)
                        .putLong(stored.generation())
                        .putLong(stored.metageneration())
                        .array());
    }

    private static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
