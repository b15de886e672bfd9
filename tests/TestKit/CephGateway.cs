using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Amazon.S3;
using OrthancCloudFs.Buckets.S3;

namespace OrthancCloudFs.TestKit;

/// <summary>
/// A real S3 server of this test process's own: Ceph's gateway on a free port of 127.0.0.1, its data in memory. It ends with this object,
/// and with this process however that ends: the script that runs it watches a pipe.
/// </summary>
public sealed class CephGateway : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromMinutes(3);

    private readonly Process _script;
    private readonly AmazonS3Client _admin;
    private int _buckets;

    private CephGateway(Process script, int port, string accessKey, string secretKey)
    {
        (_script, Port, AccessKey, SecretKey) = (script, port, accessKey, secretKey);
        _admin = new AmazonS3Client(accessKey, secretKey, new AmazonS3Config
        {
            ServiceURL = Endpoint,
            AuthenticationRegion = Region,
            ForcePathStyle = true,
        });
    }

    /// <summary>Any region will do.</summary>
    public static string Region => "us-east-1";

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>E.g. <c>http://127.0.0.1:40000</c>.</summary>
    public string Endpoint => $"http://127.0.0.1:{Port}";

    /// <summary>Of the only user.</summary>
    public string AccessKey { get; }

    /// <summary>Of the only user.</summary>
    public string SecretKey { get; }

    /// <summary>Starts one; takes some 15 seconds.</summary>
    /// <exception cref="InvalidOperationException">It did not come up; the message has the script's own words.</exception>
    public static async Task<CephGateway> StartAsync()
    {
        var directory = Path.Combine(Path.GetTempPath(), $"orthanc-cloudfs-ceph-{Guid.NewGuid():N}");
        var port = FreePort();
        var (accessKey, secretKey) = (RandomNumberGenerator.GetHexString(20), RandomNumberGenerator.GetHexString(40));
        var start = new ProcessStartInfo("bash")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { ScriptPath(), directory, $"{port}", accessKey, secretKey })
            start.ArgumentList.Add(argument);
        var script = Process.Start(start)!;
        var errors = script.StandardError.ReadToEndAsync();
        var line = script.StandardOutput.ReadLineAsync();
        await Task.WhenAny(line, Task.Delay(StartTimeout));
        if (line.IsCompletedSuccessfully && await line == "ready")
            return new CephGateway(script, port, accessKey, secretKey);
        script.StandardInput.Close();
        await script.WaitForExitAsync();
        throw new InvalidOperationException($"Ceph's gateway did not start: {await errors}");
    }

    /// <summary>Settings for a new, empty bucket.</summary>
    public async Task<S3BucketSettings> CreateBucketAsync()
    {
        var name = $"test-{Interlocked.Increment(ref _buckets)}";
        await _admin.PutBucketAsync(name);
        return Settings(name);
    }

    /// <summary>Settings for a bucket that may not exist.</summary>
    public S3BucketSettings Settings(string bucketName) => new()
    {
        BucketName = bucketName,
        Region = Region,
        Endpoint = Endpoint,
        AccessKey = AccessKey,
        SecretKey = SecretKey,
        VirtualAddressing = false,
    };

    /// <summary>A client of the SDK, to look at a bucket behind our back.</summary>
    public IAmazonS3 Client => _admin;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _admin.Dispose();
        _script.StandardInput.Close();
        await _script.WaitForExitAsync();
        _script.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string ScriptPath([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "servers", "ceph-rgw.sh"));
}
