using System.Security.Cryptography;
using Amazon.S3;
using OrthancCloudFs.Buckets.S3;
using OrthancCloudFs.TestKit.Programs;

namespace OrthancCloudFs.TestKit.Servers;

/// <summary>
/// A real S3 server of this test process's own: Ceph's gateway on a free port of 127.0.0.1, its data in memory. It ends with this object,
/// and with this process however that ends. Or else one that runs already, which stays: <see cref="RunningServer"/>.
/// </summary>
public sealed class CephGateway : IAsyncDisposable
{
    private const string Variable = "ORTHANC_CLOUDFS_TEST_CEPH";

    private readonly ServerScript? _script;
    private readonly string _prefix = RunningServer.NewPrefix();
    private readonly AmazonS3Client _admin;
    private int _buckets;

    private CephGateway(ServerScript? script, int port, string accessKey, string secretKey)
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
        if (RunningServer.Find(Variable, words: 2) is var (running, words))
            return new CephGateway(null, running, words[0], words[1]);
        var port = LocalPort.Free(1)[0];
        var (accessKey, secretKey) = (RandomNumberGenerator.GetHexString(20), RandomNumberGenerator.GetHexString(40));
        var script = await ServerScript.StartAsync("ceph-rgw.sh", ServerScript.NewDirectory("ceph"), $"{port}", accessKey, secretKey);
        return new CephGateway(script, port, accessKey, secretKey);
    }

    /// <summary>Kills the gateway as a crash would; what it has stored stays with the object store behind it.</summary>
    public Task KillAsync() => Script.CommandAsync("kill");

    /// <summary>Starts the gateway again after <see cref="KillAsync"/>, and waits until it listens.</summary>
    public Task RestartAsync() => Script.CommandAsync("start");

    /// <summary>Settings for a new, empty bucket.</summary>
    public async Task<S3BucketSettings> CreateBucketAsync()
    {
        var name = $"{_prefix}-{Interlocked.Increment(ref _buckets)}";
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
        if (_script is not null)
            await _script.DisposeAsync();
    }

    private ServerScript Script => _script ?? throw new InvalidOperationException("the gateway was started by another process");
}
