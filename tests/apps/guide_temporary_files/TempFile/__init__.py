import json  # added
import logging
import azure.functions as func
import tempfile
from os import listdir

#---
def main(req: func.HttpRequest) -> str:  # added
   tempFilePath = tempfile.gettempdir()   
   fp = tempfile.NamedTemporaryFile()     
   fp.write(b'Hello world!')              
   filesDirListInTemp = listdir(tempFilePath)     
   fp.flush()  # added
   logging.info('wrote %s', fp.name)  # added
   return json.dumps({'folder': tempFilePath, 'name': fp.name, 'listed': fp.name.rpartition('/')[2] in filesDirListInTemp, 'content': open(fp.name).read()})  # added
