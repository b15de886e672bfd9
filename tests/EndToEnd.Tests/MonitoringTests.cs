using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrthancCloudFs.EndToEnd.Tests.Support;
using OrthancCloudFs.TestKit.Programs;
using OrthancCloudFs.TestKit.Servers;

namespace OrthancCloudFs.EndToEnd.Tests;

/// <summary><c>/health</c> and <c>/metrics</c> of a real mount, in good and in bad times.</summary>
[Collection(nameof(Alone))]
public sealed partial class MonitoringTests(SharedServers servers) : IDisposable
{
    private const int MountExitCode = 6;

    private static readonly string[] Pages = ["health", "metrics"];

    private readonly HttpClient _http = new();
    private readonly int _port = LocalPort.Free(1)[0];

    public void Dispose() => _http.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Health_goes_red_with_a_bucket_that_has_gone_and_green_by_itself_when_it_is_back()
    {
        await using Site site = await MountedAsync(BucketKind.Local);
        await AssertHealthAsync(site, HttpStatusCode.OK, "green");
        string bucket = Path.Combine(Path.GetDirectoryName(site.Configuration)!, "bucket");

        Directory.Move(bucket, bucket + "-away");
        Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(site.PathOf(SiteFiles.NewName())));
        string reason = await AssertHealthAsync(site, HttpStatusCode.ServiceUnavailable, "red");
        Assert.Contains("there is no such bucket", reason, StringComparison.Ordinal);

        long requests = (await site.StatusAsync()).BucketRequests.Values.Sum();

        Directory.Move(bucket + "-away", bucket);
        await WaitForHealthAsync("green");
        await AssertHealthAsync(site, HttpStatusCode.OK, "green");
        long probes = (await site.StatusAsync()).BucketRequests.Values.Sum() - requests;
        Assert.True(probes > 0, "nobody but the probe could find out");
        await Task.Delay(TimeSpan.FromSeconds(12)); // longer than from one probe to the next
        Assert.Equal(requests + probes, (await site.StatusAsync()).BucketRequests.Values.Sum());
    }

    [Fact(Timeout = 180_000)]
    public async Task Health_goes_red_while_the_line_to_the_gateway_is_cut()
    {
        CephGateway ceph = await servers.CephAsync();
        var line = new DelayProxy(ceph.Port, TimeSpan.Zero);
        int port = line.Port;
        await using Site site = await MountedAsync(
            BucketKind.Ceph, root => root["AwsS3Storage"]!["Endpoint"] = $"http://127.0.0.1:{port}");
        await AssertHealthAsync(site, HttpStatusCode.OK, "green");

        await line.DisposeAsync();
        Task<bool> looking = Task.Run(() => File.Exists(site.PathOf(SiteFiles.NewName())));
        await WaitForHealthAsync("red");
        Assert.Contains("no connection", await AssertHealthAsync(site, HttpStatusCode.ServiceUnavailable, "red"), StringComparison.Ordinal);

        await using var again = new DelayProxy(ceph.Port, TimeSpan.Zero, port);
        await WaitForHealthAsync("green");
        await looking;
        await AssertHealthAsync(site, HttpStatusCode.OK, "green");
        await site.WriteAttachmentAsync(SiteFiles.NewName(), SiteFiles.RandomContent(1000));
        Assert.Single(await site.Bucket.KeysAsync());
    }

    [Fact(Timeout = 120_000)]
    public async Task The_metrics_are_exactly_the_documented_ones()
    {
        await using Site site = await MountedAsync(BucketKind.Local);
        string bucket = Path.Combine(Path.GetDirectoryName(site.Configuration)!, "bucket");
        string kept = SiteFiles.NewName(), spoilt = SiteFiles.NewName();
        await site.WriteAttachmentAsync(kept, SiteFiles.RandomContent(1000));
        await site.WriteAttachmentAsync(spoilt, SiteFiles.RandomContent(2000));
        await site.UnmountAsync();
        await site.MountAsync();
        Assert.Equal(1000, (await File.ReadAllBytesAsync(site.PathOf(kept))).Length);

        // One of each kind of event that is counted apart: an attempt that is repeated, an open and a commit that fail.
        string name = SiteFiles.NewName();
        string loop = Path.Combine(bucket, $"{name}.dcm.enc");
        File.CreateSymbolicLink(loop, loop); // too many levels of symbolic links: for all that is known, that may pass
        Task<bool> looking = Task.Run(() => File.Exists(site.PathOf(name)));
        await WaitAsync("metrics", "orthanc_cloudfs_bucket_retries_total");
        File.Delete(loop);
        Assert.False(await looking);
        string path = Directory.EnumerateFiles(bucket, $"{spoilt}*", SearchOption.AllDirectories).Single();
        byte[] content = await File.ReadAllBytesAsync(path);
        content[^1] ^= 1;
        await File.WriteAllBytesAsync(path, content);
        Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(site.PathOf(spoilt)));
        await using (FileStream file = site.CreateAttachment(SiteFiles.NewName()))
        {
            await file.WriteAsync(SiteFiles.RandomContent(1000));
            Directory.Move(bucket, bucket + "-away");
            Assert.ThrowsAny<IOException>(file.Synchronize);
        }

        Directory.Move(bucket + "-away", bucket);
        await WaitForHealthAsync("green");

        string[] lines = (await _http.GetStringAsync(Url("metrics"))).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var exported = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (Match sample in lines.Where(line => !line.StartsWith('#')).Select(line => Sample().Match(line)))
        {
            Assert.True(sample.Success);
            SortedSet<string> labels = exported.GetValueOrDefault(sample.Groups["name"].Value) ?? new SortedSet<string>(StringComparer.Ordinal);
            exported[sample.Groups["name"].Value] = labels;
            labels.UnionWith(Label().Matches(sample.Groups["labels"].Value).Select(label => label.Groups["label"].Value));
        }

        string[] names = [.. exported.Select(metric => $"{metric.Key} {string.Join(' ', metric.Value)}".Trim())];
        Assert.Equal(DocumentedMetrics(), names);
        string[] samples =
        [
            "orthanc_cloudfs_open_failures_total{kind=\"unreadable\"} 1",
            "orthanc_cloudfs_commits_total{} 0", // those before were another program's
            "orthanc_cloudfs_opens_total{} 1",
            "orthanc_cloudfs_health{} 0",
        ];
        Assert.All(samples, sample => Assert.Contains(lines, line => line == sample));
        Assert.Contains(lines, line => line.StartsWith("orthanc_cloudfs_bucket_failures_total{", StringComparison.Ordinal)
            && line.Contains("operation=\"put\"", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("orthanc_cloudfs_bucket_duration_seconds_count{operation=\"get\",outcome=\"ok\"} ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains(kept, StringComparison.Ordinal) || line.Contains(spoilt, StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task It_listens_on_loopback_alone_and_serves_nothing_else()
    {
        await using Site site = await MountedAsync(BucketKind.Local);
        string[] listening = [.. (await ExternalProgram.RunAsync("ss", "-Hltn", $"sport = :{_port}")).Succeeded("ss").Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3])];
        Assert.Equal([$"127.0.0.1:{_port}"], listening);
        foreach (string page in new[] { "", "healthz", "health/deeper" })
            Assert.Equal(HttpStatusCode.NotFound, (await _http.GetAsync(Url(page))).StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _http.PostAsync(Url("health"), null)).StatusCode);
        using var strange = new HttpRequestMessage(HttpMethod.Get, Url("health"));
        strange.Headers.Host = "somewhere.example";
        Assert.Equal(HttpStatusCode.NotFound, (await _http.SendAsync(strange)).StatusCode);

        await site.UnmountAsync();
        foreach (string page in Pages)
            await Assert.ThrowsAsync<HttpRequestException>(() => _http.GetAsync(Url(page)));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_port_that_is_taken_refuses_to_mount()
    {
        await using Site site = await ConfiguredAsync(BucketKind.Local);
        using var taken = new TcpListener(IPAddress.Loopback, _port);
        taken.Start();
        CommandResult mount = await site.RunAsync("mount");
        Assert.Equal(MountExitCode, mount.ExitCode);
        string line = Assert.Single(mount.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"\"HealthPort\" {_port} cannot be opened on 127.0.0.1", line, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(site.MountPoint));
        Assert.DoesNotContain(site.MountPoint, await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    /// <summary>Names and labels of the table in docs/metrics.md, with what the exporter makes of a histogram.</summary>
    private static string[] DocumentedMetrics([CallerFilePath] string here = "")
    {
        string page = Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", "metrics.md");
        var metrics = new List<string>();
        foreach (string[] cells in File.ReadLines(page).Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|', StringSplitOptions.TrimEntries)))
        {
            (string name, string type) = (cells[1].Trim('`'), cells[2]);
            string[] labels = [.. cells[3].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(label => label.Trim('`'))];
            if (type != "histogram")
            {
                metrics.Add(With(name, labels));
                continue;
            }

            metrics.AddRange([With($"{name}_bucket", [.. labels, "le"]), With($"{name}_count", labels), With($"{name}_sum", labels)]);
        }

        return [.. metrics.Order(StringComparer.Ordinal)];

        static string With(string name, string[] labels) => $"{name} {string.Join(' ', labels.Order(StringComparer.Ordinal))}".Trim();
    }

    private string Url(string page) => $"http://127.0.0.1:{_port}/{page}";

    private async Task<Site> ConfiguredAsync(BucketKind bucket, Action<System.Text.Json.Nodes.JsonObject>? change = null)
    {
        Site site = await Site.CreateAsync(new SiteSetup { Bucket = bucket }, servers);
        await site.ConfigureAsync(root =>
        {
            root["OrthancCloudFs"]!["HealthPort"] = _port;
            change?.Invoke(root);
        });
        return site;
    }

    private async Task<Site> MountedAsync(BucketKind bucket, Action<System.Text.Json.Nodes.JsonObject>? change = null)
    {
        Site site = await ConfiguredAsync(bucket, change);
        await site.MountAsync();
        return site;
    }

    /// <summary>The endpoint and <c>status</c> say the same; returns the only reason, or nothing.</summary>
    private async Task<string> AssertHealthAsync(Site site, HttpStatusCode expectedCode, string expectedStatus)
    {
        using HttpResponseMessage answer = await _http.GetAsync(Url("health"));
        using var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal((expectedCode, "application/json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Equal(expectedStatus, health.RootElement.GetProperty("status").GetString());
        string[] reasons = [.. health.RootElement.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!)];
        Assert.Equal(expectedStatus == "green" ? 0 : 1, reasons.Length);

        string json = (await CloudFsProgram.RunAsync("status", site.MountPoint, "--json")).Succeeded("status").Output;
        using var status = JsonDocument.Parse(json);
        Assert.Equal(expectedStatus, status.RootElement.GetProperty("health").GetProperty("status").GetString());
        string text = (await CloudFsProgram.RunAsync("status", site.MountPoint)).Succeeded("status").Output;
        Assert.Contains($"health           {expectedStatus}", text, StringComparison.Ordinal);
        return reasons.FirstOrDefault() ?? "";
    }

    private Task WaitForHealthAsync(string expected) => WaitAsync("health", $"\"{expected}\"");

    private async Task WaitAsync(string page, string expected)
    {
        string last = "";
        for (int attempt = 0; attempt < 600; attempt++)
        {
            using HttpResponseMessage answer = await _http.GetAsync(Url(page));
            last = await answer.Content.ReadAsStringAsync();
            if (last.Contains(expected, StringComparison.Ordinal))
                return;
            await Task.Delay(100);
        }

        Assert.Fail($"{page} does not come to say {expected}: {last}");
    }

    [GeneratedRegex("""^(?<name>[a-z_]+)\{(?<labels>.*)\} [-+0-9.eE]+$""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();

    [GeneratedRegex("(?<label>[a-z_]+)=\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}
