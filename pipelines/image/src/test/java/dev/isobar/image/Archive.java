package dev.isobar.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** An image as its OCI archive says it, read without Jib. */
record Archive(Map<String, byte[]> files) {
    private static final ObjectMapper JSON = new ObjectMapper();

    static Archive read(Path tar) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(Files.newInputStream(tar))) {
            for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                files.put(e.getName(), in.readAllBytes());
            }
        }
        return new Archive(files);
    }

    JsonNode json(String name) throws IOException {
        return JSON.readTree(files.get(name));
    }

    String digest() throws IOException {
        return json("index.json").at("/manifests/0/digest").asText();
    }

    JsonNode manifest() throws IOException {
        return blob(digest());
    }

    JsonNode config() throws IOException {
        return blob(manifest().at("/config/digest").asText());
    }

    private JsonNode blob(String digest) throws IOException {
        return json(path(digest));
    }

    private static String path(String digest) {
        return "blobs/" + digest.replace(':', '/');
    }

    /** Entries of every layer, from the lowest. */
    List<List<TarArchiveEntry>> layers() throws IOException {
        List<List<TarArchiveEntry>> layers = new ArrayList<>();
        for (JsonNode layer : manifest().path("layers")) {
            List<TarArchiveEntry> entries = new ArrayList<>();
            try (TarArchiveInputStream in = open(layer)) {
                for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                    entries.add(e);
                }
            }
            layers.add(entries);
        }
        return layers;
    }

    /** Unpacks every layer over the others, as a container's root. */
    void unpack(Path root) throws IOException {
        for (JsonNode layer : manifest().path("layers")) {
            try (TarArchiveInputStream in = open(layer)) {
                for (TarArchiveEntry e = in.getNextEntry(); e != null; e = in.getNextEntry()) {
                    Path to = root.resolve(e.getName().replaceFirst("^/", ""));
                    if (e.isDirectory()) {
                        Files.createDirectories(to);
                    } else {
                        Files.createDirectories(to.getParent());
                        Files.write(to, in.readAllBytes());
                    }
                }
            }
        }
    }

    private TarArchiveInputStream open(JsonNode layer) throws IOException {
        InputStream blob =
                new ByteArrayInputStream(files.get(path(layer.path("digest").asText())));
        return new TarArchiveInputStream(new GZIPInputStream(blob));
    }
}
