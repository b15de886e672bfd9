Console.WriteLine("orthanc-cloudfs");
