namespace OrthancCloudFs.FuseAdapter.Tests.Requests;

/// <summary>Names of attachments in tests.</summary>
public static class Uuids
{
    /// <summary>The attachment that most tests are about.</summary>
    public const string One = "8f3f6c2e-1f0e-4f3b-9a55-0c6f1d7b2a10";

    /// <summary>Another one, in another folder.</summary>
    public const string Other = "1b7e0c52-77a4-4c0e-8d0b-93f3f2a1c6de";

    /// <summary>One of many, all in the same folder.</summary>
    public static string InOneFolder(int number) => $"ab12{number:x4}-0000-4000-8000-000000000000";

    /// <summary>One of many, each in a folder of its own as far as there are folders.</summary>
    public static string Spread(int number) => $"{number * 40503 & 0xFFFF:x4}{number:x4}-0000-4000-8000-000000000000";
}
